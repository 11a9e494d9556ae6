import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { seed } from '../../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from '../measured-server.ts';
import { startBench } from '../start-bench.ts';
import { type Peer, peers } from './peers.ts';
import { describeMachine, type Result, toChart, toMarkdown } from './report.ts';

/**
 * Gather and other servers, asked for the same page of the same database. All must give the same items. Then they are
 * measured in turn, round by round, so that other load on the machine affects all of them. Writes docs/peers.md and
 * docs/peers.svg.
 */
const CONNECTIONS = 32;
const REQUESTS_PER_ROUND = 1000;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

interface Round {
  cpuUs: number;
  seconds: number;
  latenciesMs: readonly number[];
}

/** A peer, its process, and its measured rounds. */
interface Entry {
  peer: Peer;
  server: MeasuredServer;
  rounds: Round[];
}

// Inherited by all servers.
process.env['NODE_ENV'] = 'production';
process.env['GRAPHILE_ENV'] = 'production';

const load = loadavg()[0] as number;
await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack);
await seed(databaseUrl, { size: 'shop' });

const entries: Entry[] = [];
for (const peer of peers) entries.push({ peer, server: stack.use(await start(peer)), rounds: [] });
const [{ peer: baseline, server: baselineServer }] = entries as [Entry];
const expected = baseline.readItems(JSON.parse(await baselineServer.post(baseline.body)));
assert.equal(expected.length, 20, 'The page must have its items.');
for (const { peer, server } of entries) assertSame(peer, await server.post(peer.body));

for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  for (const { peer, server, rounds } of entries) {
    const measured = await measure(peer, server);
    if (round >= WARM_UP_ROUNDS) rounds.push(measured);
  }
}

const results = entries.map(toResult).sort((a, b) => a.ratio - b.ratio);
const run = { ...(await describeMachine(databaseUrl)), load, rounds: ROUNDS, requests: REQUESTS_PER_ROUND };
await writeFile('docs/peers.md', toMarkdown(results, { ...run, connections: CONNECTIONS }));
await writeFile('docs/peers.svg', toChart(results, run));
console.table(results);

function start({ file }: Peer): Promise<MeasuredServer> {
  if (!file) return MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, CONNECTIONS);
  return MeasuredServer.run(new URL('./server.ts', import.meta.url), { file, databaseUrl }, CONNECTIONS);
}

function assertSame({ name, readItems }: Peer, answer: string): void {
  assert.deepEqual(readItems(JSON.parse(answer)), expected, `${name} must give the same items.`);
}

/** One round. Its last answer is checked too. */
async function measure(peer: Peer, server: MeasuredServer): Promise<Round> {
  const latenciesMs: number[] = [];
  let left = REQUESTS_PER_ROUND;
  let last = '';
  const work = async () => {
    while (left-- > 0) {
      const start = performance.now();
      last = await server.post(peer.body);
      latenciesMs.push(performance.now() - start);
    }
  };
  const cpuBefore = await server.cpu();
  const start = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  const seconds = (performance.now() - start) / 1000;
  const cpuUs = ((await server.cpu()) - cpuBefore) / REQUESTS_PER_ROUND;
  assertSame(peer, last);
  return { cpuUs, seconds, latenciesMs };
}

/** Medians of the rounds, and percentiles of all their requests. */
function toResult({ peer, rounds }: Entry): Result {
  const baselineRounds = (entries[0] as Entry).rounds;
  const latencies = rounds.flatMap((round) => round.latenciesMs);
  return {
    name: peer.name,
    cpuUs: quantile(
      rounds.map((round) => round.cpuUs),
      0.5,
    ),
    ratio: quantile(
      rounds.map((round, index) => round.cpuUs / (baselineRounds[index] as Round).cpuUs),
      0.5,
    ),
    perSecond: quantile(
      rounds.map((round) => REQUESTS_PER_ROUND / round.seconds),
      0.5,
    ),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] as number;
}
