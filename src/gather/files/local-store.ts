import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeInBlocks } from './blocks.ts';
import { destroyOnAbort } from './destroy-on-abort.ts';
import { codeOf, toDiskError } from './disk-error.ts';
import { assertKey, isKey } from './key.ts';
import { makingRoom } from './making-room.ts';
import type { ByteRange, Store, Stored } from './store.ts';
import { notAtTheEnd } from './store-errors.ts';
import { withTiming } from './with-timing.ts';

const BLOCK_BYTES = 256 * 1024;
const READ_BYTES = 256 * 1024;
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Keeps files in a directory, which is made when it is needed: `partial/<key>` while they are written, and then, by one
 * rename, `objects/<the key's first two digits>/<key>`. A crash leaves an object where it was before or after. Any number
 * of processes can share the directory.
 *
 * Throws `GatherError`: NOT_FOUND, CONFLICT, STORAGE_FULL, and FILE_UNREADABLE where the disk fails.
 */
export function createLocalStore(directory: string): Store {
  const partials = join(directory, 'partial');
  const objects = join(directory, 'objects');

  async function append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    const path = partialPath(key);
    signal.throwIfAborted();
    await fromDisk(mkdir(partials, { recursive: true, mode: DIRECTORY_MODE }));
    const file = await fromDisk(open(path, constants.O_WRONLY | constants.O_CREAT, FILE_MODE));
    try {
      await cut(file, offset);
      await writeFrom(file, offset, bytes, signal);
    } finally {
      await fromDisk(file.close());
    }
  }

  async function keptBytes(key: string): Promise<number> {
    const found = await orNothing(stat(partialPath(key)));
    return found?.size ?? 0;
  }

  async function complete(key: string): Promise<void> {
    const [partial, path] = [partialPath(key), objectPath(key)];
    const isThere = await orNothing(sync(partial, 'r+'));
    // A caller that was stopped before it got the answer may ask again.
    if (!isThere) return fromDisk(access(path));
    const made = await fromDisk(mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE }));
    await fromDisk(rename(partial, path));
    await keepEntries(dirname(path));
    if (made) await keepEntries(objects);
  }

  async function read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    const path = objectPath(key);
    signal.throwIfAborted();
    const file = await fromDisk(open(path, 'r'));
    return destroyOnAbort(signal, file.createReadStream({ ...range, highWaterMark: READ_BYTES }));
  }

  async function remove(key: string): Promise<void> {
    await fromDisk(rm(partialPath(key), { force: true }));
    await fromDisk(rm(objectPath(key), { force: true }));
  }

  async function* list(signal: AbortSignal): AsyncGenerator<Stored, void, void> {
    yield* storedIn(partials, signal);
    for await (const name of namesIn(objects)) yield* storedIn(join(objects, name), signal);
  }

  function partialPath(key: string): string {
    assertKey(key);
    return join(partials, key);
  }

  function objectPath(key: string): string {
    assertKey(key);
    return join(objects, key.slice(0, 2), key);
  }

  return makingRoom(withTiming('disk', { append, keptBytes, complete, read, remove, list, close: async () => {} }));
}

/** Forgets what was written beyond the offset, as by an attempt that failed. */
async function cut(file: FileHandle, offset: number): Promise<void> {
  const { size } = await fromDisk(file.stat());
  if (offset > size) throw notAtTheEnd(size, offset);
  await fromDisk(file.truncate(offset));
}

async function writeFrom(file: FileHandle, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  let position = offset;
  try {
    await writeInBlocks(bytes, BLOCK_BYTES, signal, async (block) => {
      await fromDisk(writeAt(file, block, position));
      position += block.length;
    });
  } finally {
    await fromDisk(file.datasync());
  }
}

/** A disk that is nearly full takes only a part of what it is given. */
async function writeAt(file: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let written = 0; written < block.length; ) {
    const { bytesWritten } = await file.write(block, written, block.length - written, position + written);
    written += bytesWritten;
  }
}

/** Makes the names in a directory outlast a power failure. */
async function keepEntries(path: string): Promise<void> {
  // There, directories cannot be opened.
  if (process.platform !== 'win32') await fromDisk(sync(path, 'r'));
}

async function sync(path: string, flags: string): Promise<true> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return true;
}

async function* storedIn(directory: string, signal: AbortSignal): AsyncGenerator<Stored, void, void> {
  for await (const key of namesIn(directory)) {
    signal.throwIfAborted();
    const found = isKey(key) ? await orNothing(stat(join(directory, key))) : undefined;
    if (found) yield { key, changedAt: found.mtime };
  }
}

async function* namesIn(path: string): AsyncGenerator<string, void, void> {
  const directory = await orNothing(opendir(path));
  for await (const { name } of directory ?? []) yield name;
}

/** Undefined where there is no such file or directory. */
async function orNothing<T>(operation: Promise<T>): Promise<T | undefined> {
  return operation.catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw toDiskError(error);
  });
}

async function fromDisk<T>(operation: Promise<T>): Promise<T> {
  return operation.catch((error) => {
    throw toDiskError(error);
  });
}
