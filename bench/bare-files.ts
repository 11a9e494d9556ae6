import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The baseline in plain Node: PUT pipes a request into a file and flushes it, GET pipes a file into a response. */
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
