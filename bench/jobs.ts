import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { type Call, calls } from '../src/gather/calls.ts';
import { Database, raw } from '../src/gather/database/database.ts';
import { channelOf, createPools, endPools } from '../src/gather/database/pool.ts';
import { installQueues } from '../src/gather/jobs/install.ts';
import { JobNotifications } from '../src/gather/jobs/job-notifications.ts';
import { Jobs } from '../src/gather/jobs/jobs.ts';
import { Queue } from '../src/gather/jobs/queue.ts';
import { createWorker } from '../src/gather/worker.ts';
import { add } from '../src/smokehouse/demo-jobs/add-task.ts';
import { smokehouse } from '../src/smokehouse/index.ts';
import { SCHEMAS, SHOP, TABLES } from './schemas.ts';
import { startBench } from './start-bench.ts';

/**
 * The latency of a job with an idle worker: from the start of its transaction to that of its attempt, by PostgreSQL's
 * clock; and that of pg-boss alone, from `send` to its handler. Then the throughput of a backlog, and the statements that
 * it takes, by name.
 */
const ROUNDS = 200;
const PAUSE_MS = 20;
const BACKLOG = 3000;
const MAX_P50_MS = 10;
const MIN_PER_SECOND = 1500;
/** The statements of workers. */
const WRITES = new Set(['job.fetch', 'job.begin', 'job.end', 'job.complete']);
const DEADLINE_MS = 180_000;

const deadline = setTimeout(() => {
  console.error(`Not done within ${DEADLINE_MS / 1000} s.`);
  process.exit(1);
}, DEADLINE_MS);

await using stack = new AsyncDisposableStack();
stack.defer(() => clearTimeout(deadline));
const { dataDir, databaseUrl, urls } = await startBench(stack);
await installQueues(databaseUrl, SHOP);
const pools = createPools({
  ...TABLES,
  databaseUrl,
  poolSize: 10,
  connectTimeoutMs: 5000,
  statementTimeoutMs: 15_000,
});
stack.defer(() => endPools(pools));
const database = new Database(pools, new AbortController().signal);
const queue = new Queue(pools);
stack.defer(() => queue.close());
const jobs = new Jobs(queue, new JobNotifications(databaseUrl, channelOf(pools), 5000));

const bare = await measureBare();
const worker = createWorker(smokehouse, {
  ...SCHEMAS,
  settings: { ABOUT_FILE: undefined },
  logFormat: 'none',
  databaseUrl,
  databaseConnections: 10,
  statementTimeoutMs: 15_000,
  services: Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }])),
  store: { directory: join(dataDir, 'files') },
  timeZone: 'UTC',
  fetchAllowed: [],
});
await worker.start();
stack.defer(() => worker.stop());
const waits = await measureWaits();

const [p50, p99] = [percentile(waits, 50), percentile(waits, 99)];
console.log(
  `a job on an idle worker begins after ${p50.toFixed(1)} ms (p50, at most ${MAX_P50_MS}; p99 ${p99.toFixed(1)})`,
);
console.log(
  `pg-boss alone: ${percentile(bare, 50).toFixed(1)} ms (p50); ratio ${(p50 / percentile(bare, 50)).toFixed(2)}`,
);
const { seconds, statements } = await measureBacklog();
const perSecond = BACKLOG / seconds;
console.log(
  `${BACKLOG} jobs in ${seconds.toFixed(1)} s: ${Math.round(perSecond)} a second (at least ${MIN_PER_SECOND}), in ${statements}`,
);
if (p50 > MAX_P50_MS || perSecond < MIN_PER_SECOND) process.exitCode = 1;

async function measureWaits(): Promise<number[]> {
  for (let round = 0; round < ROUNDS; round++) {
    await jobs.enqueue(add, { x: round, y: 1 }, { database });
    await sleep(PAUSE_MS);
  }
  const settled = await untilSettled(ROUNDS);
  for (const { input, result } of settled) assert.equal(result, input.x + 1);
  return settled.map(({ waitMs }) => Number(waitMs));
}

async function measureBacklog() {
  await database.run(raw('truncate gather.job cascade'), { name: 'truncate' });
  const counts = new Map<string, number>();
  const count = (call: unknown) => {
    const { name } = call as Call;
    if (WRITES.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  calls.subscribe(count);
  // All become visible at once.
  await database.transaction(async (transaction) => {
    for (let x = 0; x < BACKLOG; x++) await jobs.enqueue(add, { x, y: 1 }, { database: transaction });
  });
  await untilSettled(BACKLOG);
  calls.unsubscribe(count);
  const { rows } = await database.run(
    raw<{ seconds: number }>(
      `select extract(epoch from max("finishedAt") - min("startedAt"))::float8 as seconds from gather.job`,
    ),
    { name: 'seconds' },
  );
  const statements = [...counts].map(([name, n]) => `${n} ${name}`).join(', ');
  return { seconds: rows[0]?.seconds ?? Number.NaN, statements };
}

/** Every job must have run once and succeeded. */
async function untilSettled(count: number) {
  while (true) {
    const { rows } = await database.run(
      raw<{ input: { x: number }; result: number; waitMs: number }>(`
        select input, result, extract(epoch from "startedAt" - "createdAt") * 1000 as "waitMs" from gather.job
        where state = 'SUCCEEDED' and attempt = 1`),
      { name: 'settled' },
    );
    if (rows.length === count) return rows;
    await sleep(100);
  }
}

async function measureBare(): Promise<number[]> {
  const boss = await new PgBoss({ connectionString: databaseUrl, useListenNotify: true, schedule: false }).start();
  await boss.createQueue('bare', { notify: true });
  const begun = new Map<number, number>();
  await boss.work<{ round: number }>('bare', async ([job]) => void begun.set(job?.data.round ?? -1, performance.now()));
  await sleep(500);
  const sent: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    sent.push(performance.now());
    await boss.send('bare', { round });
    await sleep(PAUSE_MS);
  }
  while (begun.size < ROUNDS) await sleep(100);
  await boss.stop({ graceful: false });
  return sent.map((at, round) => (begun.get(round) ?? Number.NaN) - at);
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length * percent) / 100)] ?? Number.NaN;
}
