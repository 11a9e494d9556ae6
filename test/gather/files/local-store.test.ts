import { randomUUID } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type Call, calls } from '../../../src/gather/calls.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import { bytesFrom, piecesFrom } from '../../helpers/bytes.ts';
import { Program } from '../../helpers/program.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const PROGRAM = fileURLToPath(new URL('../../helpers/append-program.ts', import.meta.url));
const never = new AbortController().signal;

async function open() {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory[Symbol.asyncDispose]());
  return { directory: directory.path, store: createLocalStore(directory.path), key: randomUUID() };
}

test('a process that is killed while it writes leaves a beginning to go on from', async () => {
  const { directory, store, key } = await open();
  await using program = new Program(process.execPath, [PROGRAM, directory, key], {});
  await program.said(/writing/);
  program.kill('SIGKILL');
  expect(await program.exit()).toMatchObject({ signal: 'SIGKILL' });

  const kept = await store.keptBytes(key);
  expect(kept).toBeGreaterThan(1_000_000);
  await expect(store.read(key, never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await store.append(key, kept, piecesFrom(kept, 1_000_000), never);
  await store.complete(key);
  const bytes = await buffer(await store.read(key, never));
  expect(bytes.equals(bytesFrom(0, kept + 1_000_000))).toBe(true);
});

test('a disk that takes no more is told of, and nothing is kept', async () => {
  const { directory, key } = await open();
  const limited = ['-c', 'ulimit -f 8192 && exec "$@"', 'sh', process.execPath, PROGRAM, directory, key];
  await using program = new Program('/bin/sh', limited, {});
  const [, error, kept] = await program.said(/^failed (\{.*\}) .* kept (\d+)$/m);
  expect(JSON.parse(error ?? '')).toMatchObject({ code: 'STORAGE_FULL', source: 'disk', retryable: true });
  expect(program.stdout).toContain('The disk for files is full: there is no room for these bytes.');
  expect(kept).toBe('0');
  expect(await readdir(join(directory, 'partial'))).toEqual([]);
});

test('a disk that fails is told of by the code of its failure', async () => {
  const { directory, store, key } = await open();
  await writeFile(join(directory, 'partial'), 'not a directory');
  await expect(store.append(key, 0, piecesFrom(0, 1), never)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: 'The disk for files failed with EEXIST.',
    source: 'disk',
  });
});

test('nobody else on the machine can read a file', async () => {
  const { directory, store, key } = await open();
  await store.append(key, 0, piecesFrom(0, 1), never);
  await store.complete(key);
  const shard = join(directory, 'objects', key.slice(0, 2));
  expect((await stat(shard)).mode & 0o777).toBe(0o700);
  expect((await stat(join(shard, key))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(directory, 'partial'))).toEqual([]);
});

test('two stores share a directory', async () => {
  const { directory, store, key } = await open();
  const other = createLocalStore(directory);
  await store.append(key, 0, piecesFrom(0, 100), never);
  await other.append(key, await other.keptBytes(key), piecesFrom(100, 100), never);
  await store.complete(key);
  expect((await buffer(await other.read(key, never))).equals(bytesFrom(0, 200))).toBe(true);
});

test('what else is in the directory is not listed', async () => {
  const { directory, store, key } = await open();
  await mkdir(join(directory, 'objects', 'lost+found'), { recursive: true });
  await writeFile(join(directory, 'objects', 'lost+found', 'README'), '');
  await store.append(key, 0, piecesFrom(0, 1), never);
  const keys: string[] = [];
  for await (const stored of store.list(never)) keys.push(stored.key);
  expect(keys).toEqual([key]);
});

test('each call is measured once', async () => {
  const seen: Call[] = [];
  const listener = (message: unknown) => void seen.push(message as Call);
  calls.subscribe(listener);
  onTestFinished(() => void calls.unsubscribe(listener));
  const { store, key } = await open();
  const { signal } = new AbortController();
  await store.append(key, 0, piecesFrom(0, 1), signal);
  await store.complete(key);
  (await store.read(key, signal)).destroy();
  await store.read(randomUUID(), signal).catch(() => {});
  expect(seen.map(({ kind, name, outcome }) => `${kind} ${name} ${outcome}`)).toEqual([
    'disk files.append ok',
    'disk files.complete ok',
    'disk files.read ok',
    'disk files.read error',
  ]);
  expect(seen[0]?.signal).toBe(signal);
});
