import { hash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Id } from '../../../src/gather/database/column-types.ts';
import type { FileRow } from '../../../src/gather/database/engine-tables.generated.ts';
import { engineTables } from '../../../src/gather/database/tables.ts';
import { describeImage } from '../../../src/gather/files/describe-image.ts';
import { eventually } from '../../helpers/eventually.ts';
import { JobBoard } from '../../helpers/job-board.ts';
import { createTaskBench, type TaskBench } from '../../helpers/task-bench.ts';
import { startWorker, toWorkerConfig } from '../../helpers/worker.ts';

const BROKEN = 'Expected a complete image that can be read within 30 seconds, got one that cannot.';

let bench: TaskBench;
let tmp: string;

beforeAll(async () => {
  bench = await createTaskBench();
  tmp = await mkdtemp(join(tmpdir(), 'gather-tmp-'));
  vi.stubEnv('TMPDIR', tmp);
});

beforeEach(async () => {
  await bench.database.ask('delete from file');
  for (const key of await bench.keys()) await bench.store.remove(key);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(tmp, { recursive: true });
  await bench.close();
});

test.each([
  ['image/jpeg', () => noise(800, 400).jpeg(), [800, 400], [320, 160]],
  ['image/jpeg', () => noise(800, 400).withMetadata({ orientation: 6 }).jpeg(), [400, 800], [160, 320]],
  ['image/png', () => plain(300, 500, 0.4).png(), [300, 500], [192, 320]],
  ['image/webp', () => noise(640, 640).webp(), [640, 640], [320, 320]],
  ['image/tiff', () => noise(40, 30).tiff(), [40, 30], [40, 30]],
  ['image/avif', () => noise(700, 350).avif({ effort: 0 }), [700, 350], [320, 160]],
] as const)(
  '%s is described as it is shown, and fits into 320 × 320 when it is small',
  async (type, image, shown, small) => {
    const id = await keep(await image().toBuffer(), type);
    const [width, height] = shown;
    expect(await describe(id)).toEqual({ width, height });
    expect(await get(id)).toMatchObject({ width, height });
    const { row, metadata } = await thumbnailOf(id);
    expect([row.width, row.height]).toEqual(small);
    expect([metadata.width, metadata.height]).toEqual(small);
  },
);

test('of an animation the first picture counts', async () => {
  const size = { width: 600, height: 400, channels: 3 } as const;
  const pictures = await Promise.all(
    ['red', 'blue', 'blue'].map((background) =>
      sharp({ create: { ...size, background } })
        .png()
        .toBuffer(),
    ),
  );
  const id = await keep(
    await sharp(pictures, { join: { animated: true } })
      .gif()
      .toBuffer(),
    'image/gif',
  );
  expect(await describe(id)).toEqual({ width: 600, height: 400 });
  const { bytes, metadata } = await thumbnailOf(id);
  expect(metadata).toMatchObject({ format: 'webp', width: 320, height: 213 });
  expect(metadata.pages ?? 1).toBe(1);
  const [red = 0, , blue = 255] = await sharp(bytes).raw().toBuffer();
  expect(red).toBeGreaterThan(blue);
});

test('the thumbnail is a file of its own, which says nothing of where it comes from', async () => {
  const bytes = await noise(400, 400)
    .withExif({ IFD0: { Make: 'Smoke Camera' }, IFD3: { GPSLatitude: '41/1 52/1 0/1' } })
    .jpeg()
    .toBuffer();
  expect(bytes.includes('Smoke Camera')).toBe(true);
  const id = await keep(bytes, 'image/jpeg', 'ribs.of.the.day.jpeg');
  await describe(id);
  const { row, bytes: small, metadata } = await thumbnailOf(id);
  expect(row).toMatchObject({
    name: 'ribs.of.the.day-thumbnail.webp',
    type: 'image/webp',
    size: `${small.length}`,
    sha256: hash('sha256', small),
    owner: 'ann',
    thumbnailId: null,
  });
  expect(metadata.format).toBe('webp');
  expect([metadata.exif, metadata.xmp, metadata.icc]).toEqual([undefined, undefined, undefined]);
  expect(small.includes('Smoke Camera')).toBe(false);
  expect(small.length).toBeLessThan(bytes.length);
});

test('what is transparent stays so', async () => {
  const id = await keep(await plain(400, 400, 0.4).png().toBuffer(), 'image/png');
  await describe(id);
  expect((await thumbnailOf(id)).metadata.hasAlpha).toBe(true);
});

test('a second run does nothing', async () => {
  const id = await keep(await noise(400, 300).jpeg().toBuffer(), 'image/jpeg');
  await describe(id);
  const before = await get(id);
  // Whoever looked at it again would not find it.
  await bench.store.remove(before.key);
  const keys = await bench.keys();
  expect(await describe(id)).toEqual({ width: 400, height: 300 });
  expect(await get(id)).toEqual(before);
  expect(await bench.keys()).toEqual(keys);
});

test('of two attempts at once one wins, and nothing is left of the other', async () => {
  const id = await keep(await noise(900, 900).jpeg().toBuffer(), 'image/jpeg');
  const described = { width: 900, height: 900 };
  expect(await Promise.all([describe(id), describe(id)])).toEqual([described, described]);
  expect(await bench.database.ask('select from file')).toHaveLength(2);
  expect((await bench.keys()).sort()).toEqual([(await get(id)).key, (await thumbnailOf(id)).row.key].sort());
});

test('nothing is left of a thumbnail whose image is deleted meanwhile', async () => {
  const id = await keep(await noise(400, 300).jpeg().toBuffer(), 'image/jpeg');
  const { key } = await get(id);
  const other = await bench.database.pools.pool.connect();
  try {
    await other.query('begin');
    await other.query('delete from file where id = $1', [id]);
    const describing = describe(id);
    await eventually(async () => expect(await findWaiting()).toHaveLength(1));
    await other.query('commit');
    await describing;
  } finally {
    other.release();
  }
  expect(await bench.database.ask('select from file')).toEqual([]);
  expect(await bench.keys()).toEqual([key]);
});

test('of an image that is deleted nothing is done', async () => {
  expect(await describe('4711')).toBeNull();
});

test.each([
  ['a JPEG that was cut off', 'image/jpeg', async () => cut(await noise(800, 400).jpeg().toBuffer()), BROKEN],
  ['a PNG that was cut off', 'image/png', async () => cut(await noise(800, 400).png().toBuffer()), BROKEN],
  ['bytes that only begin like a JPEG', 'image/jpeg', async () => Buffer.from([255, 216, 255, 224, 0, 16]), BROKEN],
  [
    'a PNG that says it has 30,000 × 30,000 pixels',
    'image/png',
    async () => bomb(30_000, 30_000),
    'Expected an image of at most 100 megapixels in this format, got 900.',
  ],
  [
    'an AVIF that would take a gigabyte of memory',
    'image/avif',
    () => plain(6000, 5000).avif({ effort: 0 }).toBuffer(),
    'Expected an image of at most 25 megapixels in this format, got 30.',
  ],
  [
    'a drawing',
    'application/xml',
    async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'Expected an image, as JPEG, PNG, WebP, GIF, TIFF or AVIF, got application/xml.',
  ],
  [
    'an image in a format that few can read',
    'image/heic',
    async () => Buffer.from('ftypheic'),
    'Expected an image, as JPEG, PNG, WebP, GIF, TIFF or AVIF, got image/heic.',
  ],
])('%s is refused in words, and stays undescribed', async (_what, type, image, message) => {
  const id = await keep(await image(), type);
  const { key } = await get(id);
  await expect(describe(id)).rejects.toMatchObject({ name: 'GatherError', message, retryable: false });
  expect(await get(id)).toMatchObject({ width: null, height: null, thumbnailId: null });
  expect(await bench.keys()).toEqual([key]);
  expect(await copies()).toEqual([]);
});

test('an image whose bytes are gone is not found', async () => {
  const id = await keep(await noise(40, 30).jpeg().toBuffer(), 'image/jpeg');
  await bench.store.remove((await get(id)).key);
  await expect(describe(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await copies()).toEqual([]);
});

test('a job that is stopped leaves nothing behind', async () => {
  const id = await keep(await noise(1000, 1000).resize(3000).png({ compressionLevel: 1 }).toBuffer(), 'image/png');
  const { key } = await get(id);
  for (const afterMs of [1, 5, 20, 60, 150]) {
    await describeImage.run({ fileId: id }, bench.toContext({ signal: AbortSignal.timeout(afterMs) })).catch(() => {});
    const { thumbnailId } = await get(id);
    if (thumbnailId === null) expect(await bench.keys()).toEqual([key]);
    expect(await copies()).toEqual([]);
  }
});

test('the event loop goes on meanwhile', async () => {
  const id = await keep(await noise(1000, 1000).resize(5000).png({ compressionLevel: 1 }).toBuffer(), 'image/png');
  let isOver = false;
  const end = describe(id).then(() => {
    isOver = true;
  });
  let turns = 0;
  for (; !isOver; turns++) await sleep(1);
  await end;
  expect(turns).toBeGreaterThan(20);
});

test('a worker describes images, and says what is wrong with those that it cannot read', {
  timeout: 60_000,
}, async () => {
  const { databaseUrl } = bench.database;
  await using board = await JobBoard.open({ databaseUrl, tasks: [describeImage] });
  const [good, broken] = [
    await keep(await noise(800, 400).withMetadata({ orientation: 6 }).jpeg().toBuffer(), 'image/jpeg'),
    await keep(cut(await noise(800, 400).jpeg().toBuffer()), 'image/jpeg'),
  ];
  const jobs = [
    await board.enqueue(describeImage, { fileId: good }),
    await board.enqueue(describeImage, { fileId: good }),
    await board.enqueue(describeImage, { fileId: broken }),
  ] as const;
  expect(jobs[1].id).toBe(jobs[0].id);
  const store = { directory: bench.directory };
  const config = { ...toWorkerConfig(databaseUrl), store, tasks: [describeImage], schedules: [] };
  await using _worker = await startWorker(config);
  expect(await board.until(jobs[0].id, 'SUCCEEDED')).toMatchObject({ result: { width: 400, height: 800 } });
  expect(await board.until(jobs[2].id, 'FAILED')).toMatchObject({
    attempt: 1,
    error: { code: 'TASK_FAILED', message: BROKEN },
  });
  expect((await thumbnailOf(good)).metadata).toMatchObject({ width: 160, height: 320 });
});

function describe(fileId: Id) {
  return describeImage.run({ fileId }, bench.toContext());
}

/** @returns the ID of a file of Ann's with these bytes */
async function keep(bytes: Buffer, type: string, name = 'ribs.jpg'): Promise<Id> {
  const key = randomUUID();
  await bench.put(key, bytes);
  const row = { key, name, type, size: bytes.length, sha256: hash('sha256', bytes), owner: 'ann' };
  return (await engineTables(bench.database.database).file.create(row, { columns: ['id'] })).id;
}

function get(id: Id): Promise<FileRow> {
  return engineTables(bench.database.database).file.get({ id });
}

async function thumbnailOf(id: Id) {
  const row = await get((await get(id)).thumbnailId ?? '');
  const stream = await bench.store.read(row.key, new AbortController().signal);
  const bytes = Buffer.concat(await stream.toArray());
  return { row, bytes, metadata: await sharp(bytes).metadata() };
}

/** The copies of images on disk. */
function copies(): Promise<string[]> {
  return readdir(tmp);
}

function noise(width: number, height: number) {
  const gaussian = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  return sharp({ create: { width, height, channels: 3, background: 'black', noise: gaussian } });
}

function plain(width: number, height: number, alpha = 1) {
  return sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 90, alpha } } });
}

function cut(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length / 2);
}

/** A PNG of little more than a head. */
function bomb(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const parts = [toChunk('IHDR', head), toChunk('IDAT', deflateSync(Buffer.alloc(1000))), toChunk('IEND')];
  return Buffer.concat([signature, ...parts]);
}

function toChunk(type: string, data = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}

function findWaiting() {
  return bench.database.ask(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
}
