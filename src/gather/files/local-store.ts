import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { codeOf } from '../errors.ts';
import type { Logger } from '../monitoring/log.ts';
import { Outage } from '../monitoring/outage.ts';
import { writeInBlocks } from './blocks.ts';
import { destroyOnAbort } from './destroy-on-abort.ts';
import { toDiskError } from './disk-error.ts';
import { assertKey, isKey } from './key.ts';
import { removeWhenFull } from './remove-when-full.ts';
import type { ByteRange, Store, Stored } from './store.ts';
import { notAtTheEnd } from './store-errors.ts';
import { withTiming } from './with-timing.ts';

const BLOCK_BYTES = 256 * 1024;
const READ_BYTES = 256 * 1024;
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Stores files in a directory, which is created on demand: as `partial/<key>` while they are written, then renamed to
 * `objects/<first two digits of the key>/<key>`. The rename is atomic, so a crash leaves an object in one of the two
 * places. Any number of processes can share the directory.
 *
 * Throws `GatherError`: NOT_FOUND, CONFLICT, STORAGE_FULL, and FILE_UNREADABLE if the disk fails.
 * @param log for outages. @default none
 */
export function createLocalStore(directory: string, log?: Logger): Store {
  const partials = join(directory, 'partial');
  const objects = join(directory, 'objects');

  async function append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    const path = partialPath(key);
    signal.throwIfAborted();
    await fromDisk(mkdir(partials, { recursive: true, mode: DIRECTORY_MODE }));
    const file = await fromDisk(open(path, constants.O_WRONLY | constants.O_CREAT, FILE_MODE));
    try {
      await truncate(file, offset);
      await writeFrom(file, offset, bytes, signal);
    } finally {
      await fromDisk(file.close());
    }
  }

  async function keptBytes(key: string): Promise<number> {
    const found = await unlessAbsent(stat(partialPath(key)));
    return found?.size ?? 0;
  }

  async function complete(key: string): Promise<void> {
    const [partial, path] = [partialPath(key), objectPath(key)];
    const exists = await unlessAbsent(sync(partial, 'r+'));
    // The caller may repeat the call, if it was interrupted before the response.
    if (!exists) return fromDisk(access(path));
    const made = await fromDisk(mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE }));
    await fromDisk(rename(partial, path));
    await syncDirectory(dirname(path));
    if (made) await syncDirectory(objects);
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

  const store = { append, keptBytes, complete, read, remove, list, close: async () => {} };
  return removeWhenFull(withTiming('disk', store, log && new Outage(log, 'disk')));
}

/** Drops bytes beyond the offset, such as those of a failed attempt. */
async function truncate(file: FileHandle, offset: number): Promise<void> {
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

/** Writes all of a block; a nearly full disk writes only a part at a time. */
async function writeAt(file: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let written = 0; written < block.length; ) {
    const { bytesWritten } = await file.write(block, written, block.length - written, position + written);
    written += bytesWritten;
  }
}

/** Makes the entries of a directory survive a power failure. */
async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories.
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
    const found = isKey(key) ? await unlessAbsent(stat(join(directory, key))) : undefined;
    if (found) yield { key, changedAt: found.mtime };
  }
}

async function* namesIn(path: string): AsyncGenerator<string, void, void> {
  const directory = await unlessAbsent(opendir(path));
  for await (const { name } of directory ?? []) yield name;
}

/** undefined if there is no such file or directory. */
async function unlessAbsent<T>(operation: Promise<T>): Promise<T | undefined> {
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
