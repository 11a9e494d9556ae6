import assert from 'node:assert/strict';
import { MeasuredServer } from './measured-server.ts';
import { insertItems, startBench } from './start-bench.ts';

/** The time to the first of a million streamed items and to all of them, and the memory of the server. */
const ROWS = 1_000_000;
const MAX_GROWTH_BYTES = 30e6;
const MAX_FIRST_MS = 1000;
const QUERY = '{ menu { all @stream { sku name } } }';
const SKU = Buffer.from('"sku":"');

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack, { fsync: 'off' });
await insertItems(databaseUrl, ROWS);
const gather = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, 1));
await gather.post({ query: '{ menu { exists } }' });

const before = await gather.memory();
const highest = { ...before };
let items = 0;
let firstMs = 0;
let measuredAt = 0;
const start = performance.now();
let tail: Buffer = Buffer.alloc(0);
for await (const chunk of await gather.postForParts({ query: QUERY })) {
  const found = countSkus(Buffer.concat([tail, chunk]));
  // Keeps less than one match, so that a match across two chunks is counted once.
  tail = chunk.subarray(Math.max(0, chunk.length - SKU.length + 1));
  if (items === 0 && found > 0) firstMs = performance.now() - start;
  items += found;
  if (items - measuredAt < ROWS / 50) continue;
  measuredAt = items;
  const { liveBytes, rssBytes } = await gather.memory();
  highest.liveBytes = Math.max(highest.liveBytes, liveBytes);
  highest.rssBytes = Math.max(highest.rssBytes, rssBytes);
}
const ms = performance.now() - start;

assert.equal(items, ROWS, 'Every row must arrive, once.');
const growth = highest.liveBytes - before.liveBytes;
console.log(
  `${ROWS.toLocaleString('en')} items streamed in ${(ms / 1000).toFixed(1)} s, the first after ${firstMs.toFixed(0)} ms` +
    ` (at most ${MAX_FIRST_MS}); the server needed ${toMb(growth)} more memory meanwhile (at most ${toMb(MAX_GROWTH_BYTES)})` +
    ` and occupied ${toMb(highest.rssBytes)}`,
);
if (growth > MAX_GROWTH_BYTES || firstMs > MAX_FIRST_MS) process.exitCode = 1;

function toMb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function countSkus(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(SKU); at >= 0; at = bytes.indexOf(SKU, at + SKU.length)) count++;
  return count;
}
