import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatherError } from '../../../src/gather/errors.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import { createS3Store } from '../../../src/gather/files/s3-store.ts';
import type { ByteRange, Store } from '../../../src/gather/files/store.ts';
import { bytesFrom, piecesFrom } from '../../helpers/bytes.ts';
import { watchResources } from '../../helpers/resources.ts';
import { startS3 } from '../../helpers/s3.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const MEGABYTE = 1_000_000;
const never = new AbortController().signal;

async function openLocal(): Promise<AsyncDisposable & { store: Store }> {
  const directory = await temporaryDirectory();
  const store = createLocalStore(join(directory.path, 'files'));
  return { store, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

async function openS3(): Promise<AsyncDisposable & { store: Store }> {
  const s3 = await startS3();
  const store = createS3Store(s3.config);
  return {
    store,
    [Symbol.asyncDispose]: async () => {
      const left = s3.uploads();
      await store.close();
      await s3[Symbol.asyncDispose]();
      expect(left, 'multipart uploads that nobody ended').toEqual([]);
    },
  };
}

describe.each([
  { name: 'a directory', open: openLocal, aheadBytes: 2 * 1024 * 1024 },
  { name: 'a bucket', open: openS3, aheadBytes: 17 * 1024 * 1024 },
])('$name', ({ open, aheadBytes }) => {
  let store: Store;
  let end: () => Promise<void>;
  beforeAll(async () => {
    const watched = watchResources();
    const opened = await open();
    store = opened.store;
    end = async () => {
      await opened[Symbol.asyncDispose]();
      await watched();
    };
  });
  afterAll(() => end());

  const append = (key: string, start: number, length: number, pieceBytes?: number) =>
    store.append(key, start, piecesFrom(start, length, pieceBytes), never);
  const read = async (key: string, range?: ByteRange) => buffer(await store.read(key, never, range));
  const expectWhole = async (key: string, length: number) => {
    const bytes = await read(key);
    expect(bytes.length).toBe(length);
    expect(bytes.equals(bytesFrom(0, length))).toBe(true);
  };

  test('an object is what was appended, in as many pieces as it took', async () => {
    const key = randomUUID();
    await append(key, 0, 5 * MEGABYTE, 999_983);
    await append(key, 5 * MEGABYTE, 1, 1);
    await append(key, 5 * MEGABYTE + 1, 12 * MEGABYTE);
    await append(key, 17 * MEGABYTE + 1, 0);
    expect(await store.keptBytes(key)).toBe(17 * MEGABYTE + 1);
    await store.complete(key);
    await expectWhole(key, 17 * MEGABYTE + 1);
  });

  test('an object that ends with a part is whole', async () => {
    const key = randomUUID();
    await append(key, 0, 16 * 1024 * 1024);
    await store.complete(key);
    await expectWhole(key, 16 * 1024 * 1024);
  });

  test('an object of no bytes is an object', async () => {
    const key = randomUUID();
    await append(key, 0, 0);
    await expect(read(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await store.complete(key);
    await expectWhole(key, 0);
  });

  test('nothing can be read until an object is complete', async () => {
    const key = randomUUID();
    await append(key, 0, 100);
    await expect(read(key)).rejects.toBeInstanceOf(GatherError);
    await expect(read(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await store.complete(key);
    await expectWhole(key, 100);
  });

  test('completing twice is completing once, and completing nothing is refused', async () => {
    const key = randomUUID();
    await append(key, 0, 10 * MEGABYTE);
    await store.complete(key);
    await store.complete(key);
    await expectWhole(key, 10 * MEGABYTE);
    await expect(store.complete(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a source that fails leaves what came before, and its error is thrown as it is', async () => {
    const key = randomUUID();
    const broken = new Error('The client left.');
    const source = async function* () {
      yield* piecesFrom(0, 10 * MEGABYTE);
      throw broken;
    };
    await expect(store.append(key, 0, source(), never)).rejects.toBe(broken);
    expect(await store.keptBytes(key)).toBe(10 * MEGABYTE);
    await append(key, 10 * MEGABYTE, 2 * MEGABYTE);
    await store.complete(key);
    await expectWhole(key, 12 * MEGABYTE);
  });

  test('an abort is not kept waiting by a silent source, and what came is kept', async () => {
    const key = randomUUID();
    const controller = new AbortController();
    const reason = new Error('Enough.');
    const source = async function* () {
      yield* piecesFrom(0, 3 * MEGABYTE);
      setTimeout(() => controller.abort(reason), 20);
      await new Promise(() => {});
    };
    await expect(store.append(key, 0, source(), controller.signal)).rejects.toBe(reason);
    expect(await store.keptBytes(key)).toBe(3 * MEGABYTE);
    await expect(read(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await store.remove(key);
    expect(await store.keptBytes(key)).toBe(0);
  });

  test('a signal that has aborted begins nothing', async () => {
    const key = randomUUID();
    const reason = new Error('Too late.');
    const signal = AbortSignal.abort(reason);
    await expect(store.append(key, 0, piecesFrom(0, 10), signal)).rejects.toBe(reason);
    await expect(store.read(key, signal)).rejects.toBe(reason);
    expect(await store.keptBytes(key)).toBe(0);
  });

  test('what was written beyond the offset is forgotten', async () => {
    const key = randomUUID();
    await store.append(key, 0, oneBuffer(Buffer.alloc(9 * MEGABYTE, 'x')), never);
    await append(key, 0, 1000);
    await append(key, 900, 50);
    expect(await store.keptBytes(key)).toBe(950);
    await store.complete(key);
    await expectWhole(key, 950);
  });

  test('an offset beyond the end is refused', async () => {
    const key = randomUUID();
    await append(key, 0, 100);
    await expect(append(key, 101, 1)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Expected bytes from offset 100, where the file ends so far; got 101.',
    });
    await store.remove(key);
  });

  test('a part of an object is read without the rest', async () => {
    const key = randomUUID();
    await append(key, 0, MEGABYTE);
    await store.complete(key);
    for (const [start, last] of [
      [0, 9],
      [999_999, 999_999],
      [123_456, 654_321],
    ] as const) {
      const part = await read(key, { start, end: last });
      expect(part.equals(bytesFrom(start, last - start + 1))).toBe(true);
    }
  });

  test('the source is asked for no more than what is about to be written', async () => {
    const key = randomUUID();
    let ahead = 0;
    const source = async function* () {
      let taken = 0;
      for await (const piece of piecesFrom(0, 40 * MEGABYTE, MEGABYTE)) {
        yield piece;
        taken += piece.length;
        ahead = Math.max(ahead, taken - (await store.keptBytes(key)));
      }
    };
    await store.append(key, 0, source(), never);
    expect(ahead).toBeLessThanOrEqual(aheadBytes);
    await store.remove(key);
  });

  test('a reader that leaves, or whose request is over, holds nothing', async () => {
    const key = randomUUID();
    await append(key, 0, 10 * MEGABYTE);
    await store.complete(key);
    const files = await openFiles();
    for (let count = 0; count < 20; count++) {
      const controller = new AbortController();
      const stream = await store.read(key, controller.signal);
      await firstOf(stream);
      const closed = new Promise((resolve) => stream.once('error', () => {}).once('close', resolve));
      if (count % 2) stream.destroy();
      else controller.abort(new Error('The client left.'));
      await closed;
    }
    await expect.poll(openFiles).toBeLessThanOrEqual(files + 2);
  });

  test('removing is done once, and twice does no harm', async () => {
    const [complete, partial] = [randomUUID(), randomUUID()];
    await append(complete, 0, 10);
    await store.complete(complete);
    await append(partial, 0, 9 * MEGABYTE);
    for (const key of [complete, partial, complete, partial, randomUUID()]) await store.remove(key);
    await expect(read(complete)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await store.keptBytes(partial)).toBe(0);
  });

  test('the list has every object, complete or not, and when it was written', async () => {
    await using other = await open();
    const listed = async () => {
      const keys: string[] = [];
      for await (const { key } of other.store.list(never)) keys.push(key);
      return keys.sort();
    };
    expect(await listed()).toEqual([]);
    const keys = [randomUUID(), randomUUID(), randomUUID()] as const;
    const before = Date.now();
    for (const key of keys) await other.store.append(key, 0, piecesFrom(0, 10), never);
    await other.store.complete(keys[1]);
    expect(await listed()).toEqual(keys.toSorted());
    for await (const { changedAt } of other.store.list(never)) {
      // S3 counts whole seconds.
      expect(changedAt.getTime()).toBeGreaterThan(before - 2000);
      expect(changedAt.getTime()).toBeLessThan(Date.now() + 2000);
    }
    await other.store.remove(keys[0]);
    expect(await listed()).toEqual([keys[1], keys[2]].sort());
  });

  test.each(['../../etc/passwd', '', 'A'.repeat(36), `${randomUUID()}/..`, `${randomUUID()}\n`])(
    'no path is made of the key %j',
    async (key) => {
      const refused = /Expected a UUID/;
      await expect(async () => append(key, 0, 1)).rejects.toThrow(refused);
      await expect(async () => store.keptBytes(key)).rejects.toThrow(refused);
      await expect(async () => store.complete(key)).rejects.toThrow(refused);
      await expect(async () => store.read(key, never)).rejects.toThrow(refused);
      await expect(async () => store.remove(key)).rejects.toThrow(refused);
    },
  );
});

async function* oneBuffer(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function firstOf(stream: Readable): Promise<void> {
  await new Promise((resolve, reject) => stream.once('readable', resolve).once('error', reject));
}

/** Sockets too; 0 where the system does not tell. */
async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd').catch(() => [])).length;
}
