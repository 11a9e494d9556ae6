import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { seed } from '../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from './measured-server.ts';
import { median } from './median.ts';
import { pages } from './pages.ts';
import { beginSession, STAFF_HEADERS } from './session.ts';
import { startBench } from './start-bench.ts';

/**
 * The CPU time of requests of several shapes. Each answer is checked before the first round. Rounds alternate, so that
 * other load on the machine affects all shapes; the figures are medians.
 */
const ROUNDS = 21;
const MIN_THROUGHPUT = 0.95;
const MAX_TIMING = 1.05;
const SEEDED_ITEMS = 1000;
const ROWS = [10, 100, 1000, 10_000] as const;
/** Items with a price above this are not of the seed. */
const PRICE = 1_000_000;

interface Shape {
  /** Sends one request. @returns its answer */
  ask: () => Promise<string>;
  check: (answer: string) => void;
  requests: number;
  /** Requests at a time. */
  connections: number;
  rows?: number;
}

interface Round {
  cpuUs: number;
  perSecond: number;
}

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack);
await seed(databaseUrl, { size: 'shop' });
await insertRows();
await beginSession(databaseUrl);
const server = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, 128));

const { query } = pages.databaseOnly;
let documents = 0;
const shapes: Readonly<Record<string, Shape>> = {
  '{ __typename }': single('{ __typename }', { __typename: 'Query' }),
  'one item by SKU': single('{ item(by: { sku: "SKU-00001" }) { sku } }', { item: { sku: 'SKU-00001' } }),
  'the page of twenty items': page(32, {}, () => query),
  '… as a document never seen': page(32, {}, () => `${query} # ${documents++}`),
  '… on 128 connections': page(128, {}, () => query),
  '… without timing': page(32, { ...STAFF_HEADERS, 'x-gather-timing': '0' }, () => query),
  '… with timing': page(32, { ...STAFF_HEADERS, 'x-gather-timing': '1' }, () => query),
  ...Object.fromEntries(ROWS.map((rows) => [`${rows.toLocaleString('en')} rows, all @stream`, streamed(rows)])),
  '1,000 rows, all @stream { stock }': stock(),
};

const rounds = new Map<string, Round[]>();
for (const [name, shape] of Object.entries(shapes)) {
  shape.check(await shape.ask());
  rounds.set(name, []);
}
for (let round = 0; round <= ROUNDS; round++)
  for (const [name, shape] of Object.entries(shapes)) {
    const measured = await measure(shape);
    // The first round is a warm-up.
    if (round > 0) rounds.get(name)?.push(measured);
  }

console.log('shape                               CPU per request   CPU per row   requests/s');
for (const [name, { rows }] of Object.entries(shapes)) {
  const cpuUs = middle(name, (round) => round.cpuUs);
  const perRow = rows ? `${(cpuUs / rows).toFixed(1)} µs` : '';
  const perSecond = middle(name, (round) => round.perSecond).toFixed(0);
  console.log(
    `${name.padEnd(36)}${`${cpuUs.toFixed(0)} µs`.padStart(15)}${perRow.padStart(14)}${perSecond.padStart(13)}`,
  );
}
const throughput = ratio('… on 128 connections', 'the page of twenty items', 'perSecond');
const timing = ratio('… with timing', '… without timing', 'cpuUs');
console.log(`\n128 connections have ${throughput.toFixed(2)} of the throughput of 32 (at least ${MIN_THROUGHPUT}).`);
console.log(`Timing costs ${timing.toFixed(2)} times the CPU time without it (at most ${MAX_TIMING}).`);
if (throughput < MIN_THROUGHPUT || timing > MAX_TIMING) process.exitCode = 1;

/** An operation with this data. */
function single(query: string, data: unknown): Shape {
  const check = (answer: string) => assert.deepEqual(JSON.parse(answer).data, data);
  return { ask: () => server.post({ query }), check, requests: 2000, connections: 32 };
}

/** The page, with a document for each request, over this many connections. */
function page(connections: number, headers: Readonly<Record<string, string>>, toQuery: () => string): Shape {
  const ask = () => server.post({ query: toQuery() }, headers);
  const check = (answer: string) => {
    const { data, errors, extensions } = JSON.parse(answer);
    assert.equal(errors, undefined);
    assert.equal(data.menu.items.nodes.length, 20);
    assert.ok(data.menu.items.nodes.every((item: { supplier?: { name?: string } }) => item.supplier?.name));
    assert.equal('timing' in extensions, headers['x-gather-timing'] === '1', 'Timing must be as asked for.');
  };
  return { ask, check, requests: 500, connections };
}

/** The first rows that `insertRows` inserted, as a stream. */
function streamed(rows: number): Shape {
  const query = `{ menu(where: { price: { gt: "${PRICE}", lte: "${PRICE + rows}" } }) { all @stream { sku name } } }`;
  const check = (answer: string) => assert.equal(answer.split('"sku":"ROW-').length - 1, rows);
  return { ask: () => askForParts(query), check, requests: Math.max(8, 4000 / rows), connections: 4, rows };
}

/** The seeded items with their stock, a service's, as a stream. */
function stock(): Shape {
  const query = `{ menu(where: { price: { lte: "${PRICE}" } }) { all @stream { stock } } }`;
  const check = (answer: string) => assert.equal(answer.match(/"stock":\d/g)?.length, SEEDED_ITEMS);
  return { ask: () => askForParts(query), check, requests: 8, connections: 4, rows: SEEDED_ITEMS };
}

async function askForParts(query: string): Promise<string> {
  return text(await server.postForParts({ query }));
}

async function measure({ ask, check, requests, connections }: Shape): Promise<Round> {
  const before = await server.cpu();
  const start = performance.now();
  let left = requests;
  let last = '';
  const work = async () => {
    while (left-- > 0) last = await ask();
  };
  await Promise.all(Array.from({ length: connections }, work));
  const perSecond = (requests / (performance.now() - start)) * 1000;
  const cpuUs = ((await server.cpu()) - before) / requests;
  check(last);
  return { cpuUs, perSecond };
}

async function insertRows(): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `insert into item (sku, name, "supplierId", price)
     select 'ROW-' || n, 'Row ' || n, (select min(id) from supplier), $1::integer + n from generate_series(1, $2::integer) n`,
    [PRICE, ROWS.at(-1)],
  );
  await client.query('vacuum analyze item');
  await client.end();
}

/** The median of what this gives of each round. */
function middle(name: string, of: (round: Round, index: number) => number): number {
  return median((rounds.get(name) as Round[]).map(of));
}

/** The median of the ratios in each round. */
function ratio(name: string, than: string, key: keyof Round): number {
  return middle(name, (round, index) => round[key] / (rounds.get(than)?.[index]?.[key] as number));
}
