import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { seed } from '../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from './measured-server.ts';
import { startBench } from './start-bench.ts';

/**
 * The answers a second and their latency, from one client to 300, each of which asks for a page of the shop again and
 * again. A client that is refused waits as `Retry-After` says. Without a bound, each client would make all others wait.
 */
const CLIENTS = [1, 10, 30, 100, 300];
const WARM_UP_MS = 2000;
const ROUND_MS = 6000;
/** The defaults of MAX_EVENT_LOOP_DELAY_MS and MAX_WAITING_VIEWERS. */
const OVERLOAD = { maxDelayMs: 500, maxWaitingClients: 50 };
const PAGE = JSON.stringify({
  query:
    '{ menu { items(first: 20) { nodes { name price supplier { name } reviews(first: 2) { nodes { rating } } } } } }',
});

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack, { fsync: 'off' });
await seed(databaseUrl, { size: 'shop' });
const bounded = await MeasuredServer.start({ kind: 'gather', databaseUrl, urls, overload: OVERLOAD, operations: 4 }, 1);
stack.use(bounded);
const unbounded = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, 1));

for (const [name, { url }] of Object.entries({ bounded, unbounded })) {
  for (const clients of CLIENTS) console.log(`${name.padEnd(10)} ${await measure(url, clients)}`);
}

async function measure(url: string, clients: number): Promise<string> {
  const pool = new Pool(url, { connections: clients });
  const latencies: number[] = [];
  let refused = 0;
  let failed = 0;
  let isCounting = false;
  let isOver = false;
  const client = async (_: unknown, index: number) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': `198.51.${index >> 8}.${index & 255}` };
    while (!isOver) {
      const start = performance.now();
      const response = await pool.request({ method: 'POST', path: '/graphql', headers, body: PAGE });
      const { data, errors } = (await response.body.json()) as { data?: unknown; errors?: { extensions: unknown }[] };
      if (response.statusCode === 503) {
        assert.deepEqual(errors?.[0]?.extensions, { code: 'BUSY', retryable: true });
        if (isCounting) refused += 1;
        await sleep(Number(response.headers['retry-after']) * 1000);
      } else {
        const isAnswered = data !== undefined && errors === undefined;
        if (isCounting && !isAnswered) failed += 1;
        if (isCounting && isAnswered) latencies.push(performance.now() - start);
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  await sleep(WARM_UP_MS);
  isCounting = true;
  const start = performance.now();
  await sleep(ROUND_MS);
  const seconds = (performance.now() - start) / 1000;
  isOver = true;
  const line = report(clients, latencies, { refused, failed, seconds });
  await all;
  await pool.close();
  return line;
}

function report(
  clients: number,
  latencies: number[],
  { refused, failed, seconds }: Record<'refused' | 'failed' | 'seconds', number>,
): string {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (part: number) => `${(sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(0)} ms`;
  return (
    `${`${clients}`.padStart(4)} clients: ${(sorted.length / seconds).toFixed(0).padStart(5)} answers a second, ` +
    `p50 ${at(0.5)}, p99 ${at(0.99)}, ${(refused / seconds).toFixed(0)} refusals a second, ${failed} failed`
  );
}
