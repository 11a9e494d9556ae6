import assert from 'node:assert/strict';
import { seed } from '../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from './measured-server.ts';
import { pages } from './pages.ts';
import { startBench } from './start-bench.ts';

/**
 * The CPU time of a point, from which the defaults of COST_BUCKET and COST_RESTORE were chosen. Takes the minimum of a few
 * rounds, because other load on the machine only adds time.
 */
const CONNECTIONS = 8;
const REQUESTS_PER_ROUND = 200;
const ROUNDS = 7;

const OPERATIONS = {
  'the page of twenty items': pages.everything.query,
  'a hundred items': '{ menu { items(first: 100) { nodes { id sku name description price status } } } }',
  'a hundred pages of ten reviews':
    '{ menu { items(first: 100) { nodes { reviews(first: 10) { nodes { rating text } } } } } }',
  'three hundred errors':
    '{ menu { items(first: 100) { nodes { a: reviews(first: -1) { nodes { id } } b: reviews(first: -1) { nodes { id } } c: reviews(first: -1) { nodes { id } } } } } }',
};

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack);
await seed(databaseUrl, { size: 'shop' });
const server = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, CONNECTIONS));

for (const [name, query] of Object.entries(OPERATIONS)) {
  const { errors = [], extensions } = JSON.parse(await server.post({ query }));
  assert.equal(errors.length, name === 'three hundred errors' ? 300 : 0);
  const points: number = extensions.cost.actualQueryCost;
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await costPerRequest(query));
  const us = Math.min(...rounds);
  console.log(
    `${name.padEnd(32)} ${points} points, ${us.toFixed(0)} µs of CPU: ${(us / points).toFixed(1)} µs a point` +
      ` (rounds: ${rounds.map((it) => it.toFixed(0)).join(', ')})`,
  );
}

async function costPerRequest(query: string): Promise<number> {
  const before = await server.cpu();
  let left = REQUESTS_PER_ROUND;
  const lane = async () => {
    while (left-- > 0) await server.post({ query });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return ((await server.cpu()) - before) / REQUESTS_PER_ROUND;
}
