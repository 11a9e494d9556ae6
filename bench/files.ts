import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { download, type Kept, type MadeUp, put, sha256Of, upload, uploadInForm } from './file-client.ts';
import { MeasuredServer } from './measured-server.ts';
import { beginSession } from './session.ts';
import { startBench } from './start-bench.ts';

/**
 * The server's memory during uploads and downloads of large files; their throughput, compared with plain Node in the same
 * run; and the latency of other requests during eight concurrent uploads.
 */
const LARGE: MadeUp = { bytes: 1e9, seed: 1 };
const OF_A_FORM: MadeUp = { bytes: 200e6, seed: 2 };
const AT_ONCE: MadeUp[] = Array.from({ length: 8 }, (_, index) => ({ bytes: 100e6, seed: 10 + index }));
const ROUNDS = 2;
const MAX_GROWTH_BYTES = 64e6;
const SAMPLE_EVERY_MS = 100;
const QUIET_MS = 5000;
const DEADLINE_MS = 180_000;

const deadline = setTimeout(() => {
  console.error(`Not done within ${DEADLINE_MS / 1000} s.`);
  process.exit(1);
}, DEADLINE_MS);

await using stack = new AsyncDisposableStack();
stack.defer(() => clearTimeout(deadline));
const { dataDir, databaseUrl, urls } = await startBench(stack);
const filesDir = join(dataDir, 'files');
const bareDir = join(dataDir, 'bare');
await mkdir(bareDir);
await beginSession(databaseUrl);

await measureMemory();
await measureThroughput();
await measureLatency();

/** Uses a new server for each measurement, whose memory is small at first. */
async function measureMemory(): Promise<void> {
  let kept: Kept | undefined;
  await measureGrowth('1 GB in, by PUT', async ({ url }) => {
    kept = await upload(url, LARGE);
  });
  await measureGrowth('1 GB out', ({ url }) => assertComesBack(url, kept, LARGE));
  await measureGrowth('200 MB in, by uploadFile', async ({ url }) => {
    kept = await uploadInForm(url, OF_A_FORM);
  });
  const gather = stack.use(await start('gather'));
  await assertComesBack(gather.url, kept, OF_A_FORM);
  await rm(filesDir, { recursive: true });
}

async function measureGrowth(name: string, work: (gather: MeasuredServer) => Promise<void>): Promise<void> {
  await using gather = await start('gather');
  await gather.post({ query: '{ __typename }' });
  const before = await gather.rssBytes();
  let highest = before;
  let isDone = false;
  const working = work(gather).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await Promise.race([working, sleep(SAMPLE_EVERY_MS)]);
    highest = Math.max(highest, await gather.rssBytes());
  }
  await working;
  const growth = highest - before;
  console.log(
    `${name.padEnd(30)} RSS grew by ${toMb(growth)} (at most ${toMb(MAX_GROWTH_BYTES)}), from ${toMb(before)}`,
  );
  if (growth > MAX_GROWTH_BYTES) process.exitCode = 1;
}

/** Takes the best of a few alternating rounds, because other load on the machine only adds time. */
async function measureThroughput(): Promise<void> {
  await using gather = await start('gather');
  await using bare = await start('bare-files');
  const bareUrl = `${bare.url}/made-up`;
  const [file, copy] = [join(bareDir, 'made-up'), join(bareDir, 'copy')];
  const seconds = { in: Infinity, bareIn: Infinity, out: Infinity, bareOut: Infinity, copy: Infinity };
  const time = async <T>(what: keyof typeof seconds, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    seconds[what] = Math.min(seconds[what], (performance.now() - start) / 1000);
    return result;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const kept = await time('in', () => upload(gather.url, LARGE));
    await time('bareIn', () => put(bareUrl, LARGE));
    const sent = await time('out', () => download(toUrl(gather.url, kept)));
    const bareSent = await time('bareOut', () => download(bareUrl));
    assert.deepEqual([sent, bareSent], [LARGE.bytes, LARGE.bytes]);
    await time('copy', () => pipeline(createReadStream(file), createWriteStream(copy, { flush: true })));
    await Promise.all([rm(filesDir, { recursive: true }), rm(file), rm(copy)]);
  }
  compare('1 GB in', seconds.in, seconds.bareIn);
  compare('1 GB out', seconds.out, seconds.bareOut);
  console.log(`${'1 GB from file to file'.padEnd(30)} ${toMbPerSecond(seconds.copy)} by a pipeline`);
}

function compare(name: string, seconds: number, bareSeconds: number): void {
  const percent = ((bareSeconds / seconds) * 100).toFixed(0);
  const [ours, bare] = [toMbPerSecond(seconds), toMbPerSecond(bareSeconds)];
  console.log(`${name.padEnd(30)} ${ours}, a bare pipeline over HTTP ${bare}: ${percent} % of it`);
}

async function measureLatency(): Promise<void> {
  await using gather = await start('gather');
  const quiet = await probe(gather, () => sleep(QUIET_MS));
  let seconds = 0;
  let kept: Kept[] = [];
  const busy = await probe(gather, async () => {
    const start = performance.now();
    kept = await Promise.all(AT_ONCE.map((file) => upload(gather.url, file)));
    seconds = (performance.now() - start) / 1000;
  });
  for (const [index, file] of AT_ONCE.entries()) await assertComesBack(gather.url, kept[index], file);
  const name = `${AT_ONCE.length} of 100 MB in at once`.padEnd(30);
  console.log(`${name} ${seconds.toFixed(1)} s; { __typename } meanwhile ${busy}, otherwise ${quiet}`);
}

/** The latency of other requests during `work`. */
async function probe({ url }: MeasuredServer, work: () => Promise<unknown>): Promise<string> {
  const worker = new Worker(new URL('./probe.ts', import.meta.url), { workerData: { url } });
  await once(worker, 'online');
  await work();
  worker.postMessage('end');
  const [ms] = (await once(worker, 'message')) as [number[]];
  ms.sort((a, b) => a - b);
  const at = (share: number) => `${ms[Math.floor(ms.length * share)]?.toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)} of ${ms.length}`;
}

async function assertComesBack(serverUrl: string, kept: Kept | undefined, file: MadeUp): Promise<void> {
  assert.ok(kept);
  const hash = createHash('sha256');
  assert.equal(await download(toUrl(serverUrl, kept), (piece) => hash.update(piece)), file.bytes);
  const sha256 = sha256Of(file);
  assert.deepEqual([hash.digest('hex'), kept.sha256], [sha256, sha256]);
}

/** The URL of a file on this server, which need not be the one that received it. */
function toUrl(serverUrl: string, { url }: Kept): string {
  return new URL(new URL(url).pathname, serverUrl).href;
}

function start(kind: 'gather' | 'bare-files'): Promise<MeasuredServer> {
  return MeasuredServer.start({ kind, databaseUrl, urls, filesDir: kind === 'gather' ? filesDir : bareDir }, 1);
}

function toMb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function toMbPerSecond(seconds: number): string {
  return `${(LARGE.bytes / 1e6 / seconds).toFixed(0)} MB/s`;
}
