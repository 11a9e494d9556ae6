import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { codeOf } from '../errors.ts';

const ANSWER_TIMEOUT_MS = 2000;
const MAX_ATTEMPTS = 5;

/**
 * Locks a directory for this process, until it is disposed of or the process ends in any way: the lock is a local socket,
 * which the system closes, and which tells the ID of its process.
 *
 * @throws with that ID if another process holds the lock
 */
export async function lockDirectory(directory: string): Promise<AsyncDisposable> {
  return lockSocket(addressOf(await realpath(directory)), directory);
}

/** @param path of the socket: abstract, a pipe or a file */
export async function lockSocket(path: string, directory: string): Promise<AsyncDisposable> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const server = await listen(path);
    if (server) return { [Symbol.asyncDispose]: () => close(server) };
    const holder = await askHolder(path);
    if (holder) {
      throw new Error(
        `Another Gather (process ${holder}) is using ${directory}. Stop it, or set DATA_DIR to another directory.`,
      );
    }
    // The file of a socket outlives a killed process.
    if (isFile(path)) await rm(path, { force: true });
  }
  throw new Error(`Could not find out who is using ${directory}. Stop it, or set DATA_DIR to another directory.`);
}

/** An abstract socket on Linux and a pipe on Windows, which leave nothing behind; a file elsewhere. */
function addressOf(directory: string): string {
  const name = `gather-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

function isFile(path: string): boolean {
  return !path.startsWith('\0') && !path.startsWith('\\\\');
}

/** @returns undefined if the address is taken */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(`${process.pid}`);
  });
  try {
    server.listen(path);
    await once(server, 'listening');
    return server.unref();
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** @returns undefined if nobody listens any more */
async function askHolder(path: string): Promise<string | undefined> {
  const socket = connect(path);
  try {
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    return await text(socket);
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT' ? undefined : 'unknown';
  } finally {
    socket.destroy();
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}
