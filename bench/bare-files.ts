import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What Node does by itself: PUT pipes a request into a file and waits for the disk, GET pipes a file into an answer. */
export function createBareFiles(directory: string): Server {
  return createServer((request, response) => {
    answer(join(directory, basename(request.url ?? '')), request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
}

async function answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') return pipeline(createReadStream(path), response);
  await pipeline(request, createWriteStream(path, { flush: true }));
  response.writeHead(201).end();
}
