import type { AppMigration } from 'gather';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../../src/gather/database/migrate.ts';
import { engineMigrations } from '../../../src/gather/database/migrations/index.ts';
import type { Step } from '../../../src/gather/step.ts';
import { createTestDatabase, TEST_SCHEMAS, type TestDatabase } from '../../helpers/database.ts';
import { library } from '../library/index.ts';

const source = { ...TEST_SCHEMAS, migrations: library.migrations };
/** The library with migrations that need one another. */
const grown = {
  ...TEST_SCHEMAS,
  migrations: {
    ...library.migrations,
    '0002-members': run('create table member (id bigint primary key)'),
    '0003-fees': run('alter table member add fee numeric(12, 2)'),
  },
};
const own = Object.keys(engineMigrations('gather'));
const ofGrown = Object.keys(grown.migrations);

let empty: TestDatabase;
let seeded: TestDatabase;

beforeAll(async () => {
  [empty, seeded] = await Promise.all([createTestDatabase({}, { isEmpty: true }), createTestDatabase()]);
});
afterAll(() => Promise.all([empty.drop(), seeded.drop()]));

test('servers that start at once migrate an empty database once', async () => {
  expect(await pendingMigrations(empty.pools.pool, grown)).toEqual([...own, ...ofGrown]);
  const steps: Step[] = [];
  await Promise.all(Array.from({ length: 8 }, () => migrate(empty.databaseUrl, grown, (step) => steps.push(step))));
  const done = steps.flatMap(({ ms, detail }) => (ms === undefined ? [] : [detail]));
  expect(done).toHaveLength(8);
  expect(done.filter((detail) => detail !== 'none to run')).toEqual([[...own, ...ofGrown].join(', ')]);
  const namesIn = async (history: string) => {
    const rows = await empty.ask<{ name: string }>(`select name from gather."${history}" order by name`);
    return rows.map(({ name }) => name);
  };
  expect(await namesIn('engineMigration')).toEqual(own);
  expect(await namesIn('appMigration')).toEqual(ofGrown);
});

test('the turn of a process lasts through both sets of migrations', async () => {
  const fresh = await createTestDatabase({}, { isEmpty: true });
  try {
    const holders = `select pid = pg_backend_pid() as "isOwn" from pg_locks
      where locktype = 'advisory' and objid = hashtext('gather migrate')::oid and granted
        and database = (select oid from pg_database where datname = current_database())`;
    const found: unknown[] = [];
    const migration: AppMigration = async (database) => {
      found.push(...(await sql.raw(holders).execute(database)).rows);
    };
    await migrate(fresh.databaseUrl, { ...TEST_SCHEMAS, migrations: { '0001-holders': migration } });
    expect(found).toEqual([{ isOwn: true }]);
  } finally {
    await fresh.drop();
  }
});

test('pending migrations are asked for in two statements', async () => {
  seeded.statements();
  expect(await pendingMigrations(seeded.pools.pool, source)).toEqual([]);
  expect(seeded.statements()).toHaveLength(2);
});

test('a database that cannot be reached is DATABASE_UNAVAILABLE', async () => {
  const nowhere = 'postgres://gather@127.0.0.1:1/gather';
  await expect(migrate(nowhere, source)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test('a database of the layout before the first release is refused, and left as it is', async () => {
  const old = await createTestDatabase({}, { isEmpty: true });
  try {
    await old.ask('create table public."jobChange" (id bigint)');
    await expect(migrate(old.databaseUrl, source)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/before its first release.*Use an empty database/),
    });
    expect(await old.ask(`select from pg_namespace where nspname = 'gather'`)).toEqual([]);
  } finally {
    await old.drop();
  }
});

test.each([
  ['book_isbn_key', `update book set isbn = 'ISBN-00001'`],
  ['book_price_check', 'update book set price = -0.01 where id = 1'],
  ['book_status_check', `update book set status = 'GONE' where id = 1`],
  ['book_pages_check', 'update book set pages = -1 where id = 1'],
  ['book_authorId_fkey', 'update book set "authorId" = 0 where id = 1'],
  ['loan_bookId_key', 'update lending.loan set "returnedOn" = null where "bookId" = 1'],
  ['loan_bookId_fkey', 'update lending.loan set "bookId" = 0 where id = 1'],
  ['book_authorId_fkey', 'delete from author'],
])('%s holds against: %s', async (constraint, statement) => {
  await expect(seeded.ask(statement)).rejects.toMatchObject({ constraint });
});

test('the loans of a book go with it', async () => {
  const loans = () => seeded.ask('select from lending.loan where "bookId" = 2');
  expect(await loans()).toHaveLength(6); // One of each fifty of the three hundred that were returned.
  await seeded.ask('delete from book where id = 2');
  expect(await loans()).toEqual([]);
});

test('keys are given by the database only', async () => {
  await expect(seeded.ask(`insert into author (id, name) values (1000, 'x')`)).rejects.toMatchObject({ code: '428C9' });
});

test('a price is rounded half away from zero to cents', async () => {
  const rows = await seeded.ask('update book set price = 0.125 where id = 1 returning price');
  expect(rows).toEqual([{ price: '0.13' }]);
});

/** A migration of one statement. */
function run(statement: string): AppMigration {
  return async (database) => void (await sql.raw(statement).execute(database));
}
