import { beforeEach, expect, test } from 'vitest';
import { createTables, type Tables } from '../../src/gather/database/tables.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const MAX_NAMES = 500;
const COLUMNS = [
  'id',
  'sku',
  'name',
  'description',
  'status',
  'price',
  'supplierId',
  'version',
  'createdAt',
  'updatedAt',
] as const;
/** Every selection of these columns: 1,023 shapes of a statement. */
const SELECTIONS = Array.from({ length: 2 ** COLUMNS.length - 1 }, (_, index) =>
  COLUMNS.filter((_, bit) => ((index + 1) >> bit) % 2 === 1),
);

let db: TestDatabase;
let tables: Tables;

beforeEach(async () => {
  // One connection, whose prepared statements are looked at.
  db = await createTestDatabase({ poolSize: 1 });
  tables = createTables(db.database);
  return () => db.drop();
});

test('selections without end take no name from what is used all the time, and leave names for it', async () => {
  const findSupplier = () => tables.supplier.find({ id: '1' }, { columns: ['id', 'name'] });
  const findCustomer = () => tables.customer.find({ id: '1' }, { columns: ['id', 'name'] });
  await repeat(20, findSupplier);
  await readSelections();
  await repeat(20, findSupplier);
  await readSelections();
  const prepared = await preparedStatements();
  expect(prepared.length).toBeLessThanOrEqual(MAX_NAMES);
  // Prepared once: each of its runs is one of this statement.
  expect(prepared.filter(({ statement }) => statement.includes('from "public"."supplier"'))).toMatchObject([
    { runs: '40' },
  ]);

  await repeat(20, findCustomer);
  const later = await preparedStatements();
  expect(later.length).toBeLessThanOrEqual(MAX_NAMES);
  expect(later.filter(({ statement }) => statement.includes('from "public"."customer"'))).toHaveLength(1);
});

test('a name that another statement has had gives the rows of the new one', async () => {
  const shown = Object.fromEntries(COLUMNS.map((column) => [column, expect.anything()]));
  const readings = Array.from({ length: 3 }, () => SELECTIONS).flat();
  for (const columns of readings) {
    const expected = Object.fromEntries(columns.map((column) => [column, shown[column]]));
    // The rest of the selections take the names of the first ones.
    const times = columns.includes('updatedAt') ? 6 : 1;
    await repeat(times, async () => expect(await read(columns)).toEqual(expected));
  }
  expect((await preparedStatements()).length).toBeLessThanOrEqual(MAX_NAMES);
});

test('a long statement gets no name, however often it is used', async () => {
  const name = { contains: 'a' };
  const findAny = (count: number) => {
    return tables.item.first({ where: { or: Array.from({ length: count }, () => ({ name, description: name })) } });
  };
  await repeat(100, () => findAny(99));
  expect(await preparedStatements()).toEqual([]);
  await repeat(100, () => findAny(1));
  expect(await preparedStatements()).toHaveLength(1);
});

function read(columns: (typeof SELECTIONS)[number]) {
  return tables.item.first({ where: { calories: { isNull: false } }, columns });
}

async function readSelections(): Promise<void> {
  for (const columns of SELECTIONS) await read(columns);
}

async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < times; count++) await run();
}

/** Those of the only connection, and how often each was run. */
async function preparedStatements(): Promise<{ statement: string; runs: string }[]> {
  const { rows } = await db.pools.pool.query<{ statement: string; runs: string }>(
    'select statement, generic_plans + custom_plans as runs from pg_prepared_statements',
  );
  return rows;
}
