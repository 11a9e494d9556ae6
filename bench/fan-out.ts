import assert from 'node:assert/strict';
import { startExampleServices } from '../src/smokehouse/example-services/index.ts';
import { MeasuredServer } from './measured-server.ts';

/**
 * The overhead of a fan-out: ten suppliers that take one second each, called by one request and by fifty concurrent ones.
 * Takes the best of a few rounds, because other load on the machine only adds time.
 */
const ROUNDS = 5;
const SUPPLIERS = 10;
const QUERY = `{ quotes(count: ${SUPPLIERS}) { message quotes { supplier price error } } }`;
const DEADLINE_MS = 120_000;

const deadline = setTimeout(() => {
  console.error(`Not done within ${DEADLINE_MS / 1000} s.`);
  process.exit(1);
}, DEADLINE_MS);

await using stack = new AsyncDisposableStack();
stack.defer(() => clearTimeout(deadline));
const { urls, close } = await startExampleServices();
stack.defer(close);
// Quotes do not read the database, and a server connects to it on first use only.
const databaseUrl = 'postgres://127.0.0.1:1/none';
const gather = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, 50));

await measure('ten calls of 1 s, one request', 1, 1.01);
await measure('ten calls of 1 s, fifty requests at once', 50, 1.15);

async function measure(name: string, requests: number, limit: number): Promise<void> {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) seconds.push(await timeRound(requests));
  const best = Math.min(...seconds);
  const all = seconds.map((value) => value.toFixed(3)).join(', ');
  console.log(`${name.padEnd(42)} ${best.toFixed(3)} s (at most ${limit}; best of ${all})`);
  if (best > limit) process.exitCode = 1;
}

async function timeRound(requests: number): Promise<number> {
  const start = performance.now();
  const answers = await Promise.all(Array.from({ length: requests }, () => gather.post({ query: QUERY })));
  const seconds = (performance.now() - start) / 1000;
  for (const answer of answers) assertComplete(answer);
  return seconds;
}

/** All suppliers must have answered; none of the first ten is closed. */
function assertComplete(answer: string): void {
  const { data, errors } = JSON.parse(answer);
  assert.equal(errors, undefined);
  assert.match(data.quotes.message, /^fetched 10 quotes in \d+\.\d\d seconds$/);
  const suppliers = new Set<string>();
  for (const { supplier, price, error } of data.quotes.quotes) {
    assert.match(price, /^\d+\.\d\d$/);
    assert.equal(error, null);
    suppliers.add(supplier);
  }
  assert.equal(suppliers.size, SUPPLIERS);
}
