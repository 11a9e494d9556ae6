import { randomUUID } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { deleteExpiredUploads } from '../../../src/gather/files/sweep-file-rows.ts';
import { sweepFiles } from '../../../src/gather/files/sweep-files.ts';
import { createTaskBench, type TaskBench } from '../../helpers/task-bench.ts';

let bench: TaskBench;

beforeAll(async () => {
  bench = await createTaskBench();
});

afterEach(async () => {
  await bench.database.ask('truncate upload, file cascade');
  for (const key of await bench.keys()) await bench.store.remove(key);
});

afterAll(() => bench.close());

test('uploads that expired more than an hour ago are removed, row and bytes', async () => {
  const [expired, recent, open] = [
    await announce('-61 minutes'),
    await announce('-59 minutes'),
    await announce('1 hour'),
  ];
  for (const key of [expired, recent, open]) await begin(key);
  expect(await sweep()).toEqual({ uploads: 1, orphans: 0 });
  expect((await bench.keys()).sort()).toEqual([recent, open].sort());
  expect(await bench.database.ask('select key from upload order by id')).toEqual([{ key: recent }, { key: open }]);
});

test('an upload that nobody sent a byte of is removed too', async () => {
  await announce('-2 hours');
  expect(await sweep()).toEqual({ uploads: 1, orphans: 0 });
  expect(await bench.database.ask('select from upload')).toEqual([]);
});

test('an upload that is being completed just now is left', async () => {
  const key = await announce('-2 hours');
  const other = await bench.database.pools.pool.connect();
  try {
    await other.query('begin');
    await other.query('delete from upload where key = $1', [key]);
    expect(await deleteExpiredUploads(bench.database.database, 10)).toEqual([]);
    await other.query('rollback');
  } finally {
    other.release();
  }
  expect(await deleteExpiredUploads(bench.database.database, 10)).toEqual([key]);
});

test('bytes of which no row tells are removed once nobody has written to them for a day', async () => {
  const [oldPart, oldWhole, freshPart, freshWhole, ofFile, ofUpload] = [
    ...[randomUUID(), randomUUID(), randomUUID(), randomUUID()],
    ...[randomUUID(), await announce('1 hour')],
  ] as const;
  for (const key of [oldPart, freshPart, ofUpload]) await begin(key);
  for (const key of [oldWhole, freshWhole, ofFile]) await bench.put(key, Buffer.from('smoke'));
  await bench.database.ask(
    `insert into file (key, name, type, size, sha256) values ($1, 'ribs.txt', 'text/plain', 5, '')`,
    [ofFile],
  );
  for (const key of [oldPart, oldWhole, ofFile, ofUpload]) await age(key, 25);
  for (const key of [freshPart, freshWhole]) await age(key, 23);
  expect(await sweep()).toEqual({ uploads: 0, orphans: 2 });
  expect((await bench.keys()).sort()).toEqual([freshPart, freshWhole, ofFile, ofUpload].sort());
});

test('thousands of orphans are found with a statement for each thousand objects', async () => {
  const keys = Array.from({ length: 2500 }, () => randomUUID());
  await bench.put(randomUUID(), Buffer.from('smoke'));
  await mkdir(join(bench.directory, 'partial'), { recursive: true });
  for (const key of keys) {
    await writeFile(join(bench.directory, 'partial', key), 'smo');
    await age(key, 25);
  }
  bench.database.statements();
  expect(await sweep()).toEqual({ uploads: 0, orphans: 2500 });
  expect(await bench.keys()).toHaveLength(1);
  expect(bench.database.statements().filter((text) => text.includes('unnest'))).toHaveLength(3);
});

test('it says how far it is', async () => {
  await announce('-2 hours');
  const orphan = randomUUID();
  await bench.put(orphan, Buffer.from('smoke'));
  await age(orphan, 25);
  const said: unknown[] = [];
  const progress = (...report: unknown[]) => void said.push(report);
  await sweepFiles.run({}, bench.toContext({ progress }));
  expect(said).toEqual([
    [0, 'Uploads removed: 1'],
    [0.5, 'Orphans removed: 1'],
  ]);
});

function sweep() {
  return sweepFiles.run({}, bench.toContext());
}

/** @returns the key of an upload that expires then */
async function announce(fromNow: string): Promise<string> {
  const key = randomUUID();
  await bench.database.ask(
    `insert into upload ("tokenHash", key, name, size, "expiresAt") values ($1::text, $1::uuid, 'ribs.jpg', 5, now() + $2::interval)`,
    [key, fromNow],
  );
  return key;
}

/** Puts a part of an object into the store. */
function begin(key: string): Promise<void> {
  return bench.store.append(key, 0, Readable.from([Buffer.from('smo')]), new AbortController().signal);
}

async function age(key: string, hours: number): Promise<void> {
  const then = new Date(Date.now() - hours * 3_600_000);
  const whole = utimes(join(bench.directory, 'objects', key.slice(0, 2), key), then, then);
  await whole.catch(() => utimes(join(bench.directory, 'partial', key), then, then));
}
