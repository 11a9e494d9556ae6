import { Socket } from 'node:net';
import { type Id, inStep, type OnStep, openSession, toGatherError } from 'gather';
import type { Insertable } from 'kysely';
import pg from 'pg';
import type { Tables as Schema } from '../generated/database.ts';
import { createRandom } from './random.ts';
import { toCustomer, toItem, toOrder, toReview, toSupplier, toTask } from './rows.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const ROWS_PER_STATEMENT = 2000;
const RANDOM_STATE = 1;

/** The tables with a number of rows of their own. */
type Seeded = 'supplier' | 'item' | 'customer' | 'review' | 'task' | 'order';

/** All tables with sample data: an order has one to four lines. */
type Filled = Seeded | 'orderLine';

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;

const SIZES = {
  shop: { supplier: 100, item: 1000, customer: 500, review: 10_000, task: 30, order: 600 },
  test: { supplier: 10, item: 200, customer: 50, review: 1500, task: 12, order: 0 },
} as const satisfies Record<string, Record<Seeded, number>>;

const COLUMN_TYPES = {
  supplier: { name: 'text', city: 'text', createdAt: 'timestamptz' },
  item: {
    ...{ sku: 'text', name: 'text', description: 'text', status: 'text', price: 'numeric', calories: 'integer' },
    ...{ supplierId: 'bigint', createdAt: 'timestamptz', updatedAt: 'timestamptz' },
  },
  customer: { name: 'text', city: 'text', createdAt: 'timestamptz' },
  review: { itemId: 'bigint', customerId: 'bigint', rating: 'integer', text: 'text', createdAt: 'timestamptz' },
  task: { title: 'text', done: 'boolean', createdAt: 'timestamptz', completedAt: 'timestamptz' },
  order: { status: 'text', total: 'numeric', createdAt: 'timestamptz' },
  orderLine: { orderId: 'bigint', itemId: 'bigint', quantity: 'integer', price: 'numeric' },
} as const satisfies { [Table in Filled]: Partial<Record<keyof Schema[Table], string>> };

/** The end of the data's period: the start of today; for tests, always the same. */
const ENDS: Readonly<Record<keyof typeof SIZES, number>> = { shop: TODAY, test: Date.UTC(2025, 11, 1) };

interface SeedOptions {
  /** `shop` for a first run, `test` for tests. */
  size: keyof typeof SIZES;
  onStep?: OnStep;
  /** Closes the connection; what is not committed is rolled back. */
  signal?: AbortSignal;
}

/**
 * Fills an empty shop with the same data at each run, up to yesterday; a shop with suppliers is unchanged. Atomic, and
 * safe when several servers do it at once.
 */
export async function seed(databaseUrl: string, { size, onStep = () => {}, signal }: SeedOptions): Promise<void> {
  signal?.throwIfAborted();
  await inStep(onStep, 'sample data', async (report) => {
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
      application_name: 'gather seed',
      stream: () => new Socket({ signal }),
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await openSession(client, CONNECT_TIMEOUT_MS);
      await client.query('begin; lock table supplier in share row exclusive mode');
      const { rowCount } = await client.query('select from supplier limit 1');
      if (rowCount === 0) await fill(client, SIZES[size], ENDS[size], report);
      else report('already there');
      await client.query('commit');
    } catch (error) {
      signal?.throwIfAborted();
      throw toGatherError(error);
    } finally {
      await client.end();
    }
  });
}

async function fill(client: pg.Client, size: Record<Seeded, number>, end: number, report: (detail: string) => void) {
  const random = createRandom(RANDOM_STATE, end);
  const times = <T>(table: Seeded, toRow: (index: number) => T) =>
    Array.from({ length: size[table] }, (_, index) => toRow(index));
  const insert = <Table extends Filled>(table: Table, rows: Insertable<Schema[Table]>[]) =>
    insertRows(client, table, rows, report);
  const supplierIds = await insert(
    'supplier',
    times('supplier', () => toSupplier(random)),
  );
  const items = times('item', (index) => toItem(random, index, supplierIds));
  const itemIds = await insert('item', items);
  const customerIds = await insert(
    'customer',
    times('customer', () => toCustomer(random)),
  );
  await insert(
    'review',
    times('review', (index) => toReview(random, index, itemIds, customerIds)),
  );
  await insert(
    'task',
    times('task', () => toTask(random)),
  );
  const priced = itemIds.map((id, index) => ({ id, price: String(items[index]?.price) }));
  const orders = times('order', (index) => toOrder(random, index / size.order, priced));
  const orderIds = await insert(
    'order',
    orders.map(({ order }) => order),
  );
  const lines = orderIds.flatMap((orderId, index) => orders[index]?.lines.map((line) => ({ orderId, ...line })) ?? []);
  await insert('orderLine', lines);
  const days = size.order > 0 ? await writeStatistics(client) : 0;
  await client.query('analyze supplier, item, customer, review, task, "order", "orderLine"');
  const counts = Object.entries(size)
    .filter(([, count]) => count > 0)
    .map(toCount);
  report([...counts, ...(days > 0 ? [`${days} days of statistics`] : [])].join(', '));
}

/** Writes the statistics of the days with orders. @returns how many these are */
async function writeStatistics(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(
    `insert into "dailyStatistics" (date, orders, revenue, "averageRating")
     select day, count(*), sum(total), (
       select round(avg(rating), 2) from review where "createdAt" >= day and "createdAt" < day + 1
     )
     from "order" cross join lateral (select "createdAt"::date) as "of" (day) group by day`,
  );
  return rowCount ?? 0;
}

/** @returns the keys, in the order of the rows */
async function insertRows<Table extends Filled>(
  client: pg.Client,
  table: Table,
  rows: Insertable<Schema[Table]>[],
  report: (detail: string) => void,
): Promise<Id[]> {
  const columns = Object.entries<string>(COLUMN_TYPES[table]);
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const text = `insert into "${table}" (${names}) select * from unnest(${arrays}) returning id`;
  const ids: Id[] = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const chunk: Record<string, unknown>[] = rows.slice(start, start + ROWS_PER_STATEMENT);
    const result = await client.query<{ id: Id }>(
      text,
      columns.map(([name]) => chunk.map((row) => row[name])),
    );
    for (const { id } of result.rows) ids.push(id);
    report(toCount([table, ids.length]));
  }
  return ids;
}

function toCount([table, count]: [string, number]): string {
  return `${count.toLocaleString('en')} ${table}s`;
}
