import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import type { Call } from '../../../src/gather/calls.ts';
import { calls } from '../../../src/gather/calls.ts';
import type { Decimal } from '../../../src/gather/database/column-types.ts';
import { raw } from '../../../src/gather/database/database.ts';
import { createTables, type Tables } from '../../../src/gather/database/tables.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../helpers/database.ts';
import { liveBytes } from '../../helpers/live-bytes.ts';
import type { BookRow } from '../library/generated/database.ts';

let db: TestDatabase;
let tables: Tables;
let book: Tables['book'];

beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 20, statementTimeoutMs: 300_000 });
  tables = createTables(db.database);
  book = tables.book;
});

afterAll(() => db.drop());

const bookColumns = Object.keys(TEST_TABLES.definitions.book.types);

/** Every book that a test makes, so that each begins with the 200 of the seed. */
afterEach(() => book.delete({ isbn: { startsWith: 'NEW-' } }));

/** The statements since last asked, on one line each. */
const statements = () => db.statements().map((text) => text.replace(/\s+/g, ' ').trim());

const newBook = (isbn: string, values: Partial<{ title: string; price: Decimal; pages: number | null }> = {}) => ({
  isbn: `NEW-${isbn}`,
  title: 'Moby Dick',
  price: '9.90',
  authorId: '1',
  ...values,
});

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

describe('get and find', () => {
  test('give the one row, with the columns asked for', async () => {
    statements();
    const row = await book.get({ isbn: 'ISBN-00007' }, { columns: ['id', 'isbn'] });
    expect(row).toEqual({ id: '7', isbn: 'ISBN-00007' });
    expect(await book.find({ id: '7' }, { columns: ['isbn', 'id', 'isbn'] })).toEqual(row);
    expect(statements()).toEqual([
      'select "id", "isbn" from "public"."book" where "isbn" = $1 limit 2',
      'select "id", "isbn" from "public"."book" where "id" = $1 limit 2',
    ]);
    expectTypeOf(row).toEqualTypeOf<Pick<BookRow, 'id' | 'isbn'>>();
  });

  test('give all columns unless told', async () => {
    const row = await book.get({ id: '7' });
    expect(Object.keys(row)).toEqual(bookColumns);
    expectTypeOf(row.status).toEqualTypeOf<'DRAFT' | 'ACTIVE' | 'RETIRED'>();
    expect(await book.get({ id: '7' }, { columns: [] })).toEqual({ id: '7' });
  });

  test('differ where there is none', async () => {
    await expect(book.get({ id: '999999' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no book with this id.',
      field: 'id',
      value: '999999',
    });
    await expect(book.get({ id: '1', status: { in: [] } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: undefined,
    });
    expect(await book.find({ id: '999999' })).toBeUndefined();
  });

  test('refuse several, which is a fault of the program', async () => {
    const failure = await book.find({ authorId: '1' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(GatherError);
    await expect(book.get({ authorId: '1' })).rejects.toThrow('Expected at most one book, got several');
  });
});

describe('first and last', () => {
  test('give the two ends of one order', async () => {
    const all = await collect(
      book.iterate({ orderBy: [{ column: 'pages', direction: 'desc' }], columns: ['id', 'pages'] }),
    );
    const orderBy = [{ column: 'pages', direction: 'desc' }] as const;
    statements();
    expect(await book.first({ orderBy, columns: ['id', 'pages'] })).toEqual(all[0]);
    expect(await book.last({ orderBy, columns: ['id', 'pages'] })).toEqual(all.at(-1));
    expect(all[0]?.pages).toBeNull();
    expect(statements()).toEqual([
      'select "id", "pages" from "public"."book" where true order by "pages" desc, "id" desc limit 1',
      'select "id", "pages" from "public"."book" where true order by "pages" asc, "id" asc limit 1',
    ]);
  });

  test('go by the key unless told, and by terms that decide something', async () => {
    expect((await book.first())?.id).toBe('1');
    expect((await book.last({ where: { id: { lte: '50' } } }))?.id).toBe('50');
    statements();
    const id = { column: 'id', direction: 'desc' } as const;
    const title = { column: 'title', direction: 'asc' } as const;
    expect((await book.first({ orderBy: [id, title, id], columns: ['id'] }))?.id).toBe('200');
    expect(statements()).toEqual(['select "id" from "public"."book" where true order by "id" desc limit 1']);
  });

  test('are undefined where there is none', async () => {
    expect(await book.first({ where: { or: [] } })).toBeUndefined();
    expect(await book.last({ where: { or: [] } })).toBeUndefined();
  });
});

describe('exists, count and aggregate', () => {
  test('are one statement each', async () => {
    statements();
    expect(await book.exists({ price: { gt: '0' } })).toBe(true);
    expect(await book.exists({ price: { lt: '0' } })).toBe(false);
    expect(await book.count({})).toBe(200);
    expect(await book.count({ id: { in: ['1', '2', '2', '0'] } })).toBe(2);
    expect(statements()).toEqual([
      'select exists ( select from "public"."book" where "price" > $1 ) as "exists"',
      'select exists ( select from "public"."book" where "price" < $1 ) as "exists"',
      'select count(*) as "count" from "public"."book" where true',
      'select count(*) as "count" from "public"."book" where "id" = any($1)',
    ]);
  });

  test('give exact decimals, an average rounded half away from zero', async () => {
    await book.bulkCreate(['0.01', '0.02', '0.10', '0.05'].map((price, index) => newBook(`${index}`, { price })));
    const where = { isbn: { startsWith: 'NEW-' } };
    statements();
    const figures = await book.aggregate(where, {
      mean: ['avg', 'price'],
      exact: ['avg', 'price', 4],
      lowest: ['min', 'price'],
      highest: ['max', 'price'],
      total: ['sum', 'price'],
      thickest: ['max', 'pages'],
    });
    expect(figures).toEqual({
      mean: '0.05',
      exact: '0.0450',
      lowest: '0.01',
      highest: '0.10',
      total: '0.18',
      thickest: null,
    });
    expect(statements()).toHaveLength(1);
    expectTypeOf(figures.thickest).toEqualTypeOf<number | null>();
    expectTypeOf(figures.mean).toEqualTypeOf<Decimal | null>();
  });

  test('give nulls where there are no rows', async () => {
    expect(await book.aggregate({ or: [] }, { mean: ['avg', 'price'], total: ['sum', 'price'] })).toEqual({
      mean: null,
      total: null,
    });
  });
});

describe('create', () => {
  test('inserts one row and gives its defaults back', async () => {
    statements();
    const row = await book.create(newBook('1', { price: '1.005' }), {
      columns: ['isbn', 'status', 'price', 'version', 'pages'],
    });
    expect(row).toEqual({ isbn: 'NEW-1', status: 'ACTIVE', price: '1.01', version: 1, pages: null });
    expect(statements()).toEqual([
      'insert into "public"."book" ("isbn", "title", "price", "authorId") values ($1::text, $2::text, $3::numeric, $4::bigint) ' +
        'returning "isbn", "status", "price", "pages", "version"',
    ]);
  });

  test('says what the database refuses', async () => {
    await book.create(newBook('1'));
    await expect(book.create(newBook('1'))).rejects.toMatchObject({ code: 'CONFLICT', field: 'isbn', value: 'NEW-1' });
    await expect(book.create({ ...newBook('2'), authorId: '999' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'authorId',
    });
    await expect(book.create(newBook('2', { price: '-1' }))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(tables.author.delete({ id: '1' })).rejects.toMatchObject({
      code: 'CONFLICT',
      field: 'id',
      value: '1',
    });
  });

  test('refuses what is no column', async () => {
    const values = { ...newBook('1'), colour: 'red' };
    await expect(book.create(values)).rejects.toThrow('Table book has no column "colour".');
  });
});

describe('getOrCreate', () => {
  test('creates once and then gives the row, unchanged', async () => {
    const { isbn, ...defaults } = newBook('1');
    statements();
    const first = await book.getOrCreate({ isbn }, defaults, { columns: ['id', 'price'] });
    const second = await book.getOrCreate({ isbn }, { ...defaults, price: '1.00' }, { columns: ['id', 'price'] });
    expect(first).toEqual({ row: { id: first.row.id, price: '9.90' }, created: true });
    expect(second).toEqual({ row: first.row, created: false });
    const text =
      'with found as ( select "id", "price" from "public"."book" where "isbn" = $1 ), created as ( ' +
      'insert into "public"."book" ("isbn", "title", "price", "authorId") select $2::text, $3::text, $4::numeric, $5::bigint ' +
      'where not exists (select from found) on conflict ("isbn") do nothing returning "id", "price" ) ' +
      'select "id", "price", false as "$created" from found union all select "id", "price", true from created';
    expect(statements()).toEqual([text, text]);
  });

  test('spends no key on a row that is there', async () => {
    const { isbn, ...defaults } = newBook('1');
    const { row } = await book.getOrCreate({ isbn }, defaults);
    for (const _ of numbers(5)) await book.getOrCreate({ isbn }, defaults);
    expect(Number((await book.create(newBook('2'))).id)).toBe(Number(row.id) + 1);
  });

  test('makes one row for two hundred callers at once', async () => {
    for (const round of numbers(5)) {
      const { isbn, ...defaults } = newBook(`round-${round}`);
      const results = await Promise.all(numbers(200).map(() => book.getOrCreate({ isbn }, defaults)));
      expect(results.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(results.map(({ row }) => row.id)).size).toBe(1);
      expect(await book.count({ isbn })).toBe(1);
    }
  });

  test('waits for a transaction that has inserted the row, and goes by its outcome', async () => {
    const { isbn, ...defaults } = newBook('1');
    for (const outcome of ['commit', 'rollback']) {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const other = db.database.transaction(async (inside) => {
        await createTables(inside).book.create({ isbn, ...defaults });
        begun.resolve();
        await end.promise;
        if (outcome === 'rollback') throw new Error('rolled back');
      });
      await begun.promise;
      const waiting = book.getOrCreate({ isbn }, defaults);
      const isWaiting = async () =>
        (await db.ask(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
          .length > 0;
      await expect.poll(isWaiting).toBe(true);
      end.resolve();
      await other.catch(() => {});
      expect((await waiting).created).toBe(outcome === 'rollback');
      await book.delete({ isbn });
    }
  });
});

describe('updateOrCreate', () => {
  test('creates, then updates, and keeps the version', async () => {
    const { isbn, ...values } = newBook('1');
    statements();
    const columns = ['id', 'price', 'version', 'createdAt', 'updatedAt'] as const;
    const first = await book.updateOrCreate({ isbn }, values, { columns });
    const second = await book.updateOrCreate({ isbn }, { ...values, price: '1.00' }, { columns });
    const text =
      'insert into "public"."book" ("isbn", "title", "price", "authorId") values ($1::text, $2::text, $3::numeric, $4::bigint) ' +
      'on conflict ("isbn") do update set "title" = excluded."title", "price" = excluded."price", ' +
      '"authorId" = excluded."authorId", "version" = "book"."version" + 1, "updatedAt" = now() ' +
      'returning "id", "price", "version", "createdAt", "updatedAt", xmax = 0 as "$created"';
    expect(statements()).toEqual([text, text]);
    expect(first).toMatchObject({ created: true, row: { version: 1, price: '9.90' } });
    expect(second).toMatchObject({ created: false, row: { id: first.row.id, version: 2, price: '1.00' } });
    expect(second.row.createdAt).toBe(first.row.createdAt);
    expect(second.row.updatedAt > first.row.updatedAt).toBe(true);
    expect(Object.keys(second.row)).toEqual(columns);
  });

  test('knows what it created inside a transaction, and when others hold the row', async () => {
    const { isbn, ...values } = newBook('1');
    await db.database.transaction(async (inside) => {
      const own = createTables(inside).book;
      const created = [];
      for (const _ of numbers(3)) created.push((await own.updateOrCreate({ isbn }, values)).created);
      expect(created).toEqual([true, false, false]);
    });
    const { id } = await book.get({ isbn });
    await tables['lending.loan'].create({ bookId: id, memberOwner: 'user:1', dueOn: '2026-01-01' });
    await db.database.transaction(async (inside) => {
      await inside.run(
        { name: undefined, text: 'select from book where id = $1 for key share', values: [id] },
        { name: 'lock' },
      );
      expect((await book.updateOrCreate({ isbn }, values)).created).toBe(false);
    });
    expect((await book.updateOrCreate({ isbn }, values)).created).toBe(false);
    expect((await book.get({ isbn })).version).toBe(5);
  });

  test('makes one row for two hundred callers at once, and loses no change', async () => {
    const { isbn, ...values } = newBook('1');
    const results = await Promise.all(numbers(200).map((n) => book.updateOrCreate({ isbn }, { ...values, pages: n })));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(results.map(({ row }) => row.version).sort((a, b) => a - b)).toEqual(numbers(200).map((n) => n + 1));
  });
});

describe('bulkCreate', () => {
  test('inserts 10,000 rows in one statement, in the order of the input', async () => {
    const rows = numbers(10_000).map((n) => newBook(`${(n * 7919) % 10_000}`, { pages: n % 3 ? n : null }));
    statements();
    const created = await book.bulkCreate(rows, { columns: ['isbn', 'pages'] });
    expect(created).toEqual(rows.map(({ isbn, pages }) => ({ isbn, pages })));
    const [text, ...others] = statements();
    expect(others).toEqual([]);
    expect(text).toBe(
      'with input as ( select * ' +
        'from unnest($1::text[], $2::text[], $3::numeric[], $4::integer[], $5::bigint[]) with ordinality ' +
        'as input ("isbn", "title", "price", "pages", "authorId", "$position") ), ' +
        'created as ( insert into "public"."book" ("isbn", "title", "price", "pages", "authorId") ' +
        'select input."isbn", input."title", input."price", input."pages", input."authorId" ' +
        'from input order by "$position" ' +
        'returning "isbn", "pages", "id" ) ' +
        'select "created"."isbn", "created"."pages" from created order by "created"."id"',
    );
    await expect(book.bulkCreate([...rows, newBook('x')])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('inserts all or none', async () => {
    const rows = [newBook('1'), newBook('2'), newBook('1')];
    await expect(book.bulkCreate(rows)).rejects.toMatchObject({ code: 'CONFLICT', field: 'isbn', value: 'NEW-1' });
    expect(await book.exists({ isbn: { startsWith: 'NEW-' } })).toBe(false);
  });

  test('keeps any text as it is', async () => {
    const titles = ['{}', '{"a","b"}', 'NULL', '', '"', '\\', "'", 'a,b', ' a ', 'ß\n📚'];
    const created = await book.bulkCreate(
      titles.map((title, n) => newBook(`${n}`, { title })),
      { columns: ['title'] },
    );
    expect(created.map(({ title }) => title)).toEqual(titles);
  });

  test('fills in what only some rows give, if it may be null', async () => {
    const created = await book.bulkCreate([newBook('1', { pages: 5 }), newBook('2')], {
      columns: ['pages', 'status'],
    });
    expect(created).toEqual([
      { pages: 5, status: 'ACTIVE' },
      { pages: null, status: 'ACTIVE' },
    ]);
    await expect(book.bulkCreate([{ ...newBook('3'), status: 'DRAFT' }, newBook('4')])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'Expected a value for status in every row or in none, got none in row 1.',
    });
  });

  test('of nothing runs nothing', async () => {
    statements();
    expect(await book.bulkCreate([])).toEqual([]);
    expect(await book.bulkUpdate([])).toEqual([]);
    expect(statements()).toEqual([]);
  });
});

describe('bulkUpdate', () => {
  async function make(count: number) {
    return book.bulkCreate(numbers(count).map((n) => newBook(`${n}`, { pages: n })));
  }

  test('gives each of 10,000 rows its own values in one statement, in the order of the input', async () => {
    const made = await make(10_000);
    const changes = made.map(({ id, version }, n) => ({ id, version, price: `${n}.50`, title: `Book ${n}` })).reverse();
    statements();
    const changed = await book.bulkUpdate(changes, { columns: ['id', 'price', 'title', 'version'] });
    expect(statements()).toHaveLength(1);
    expect(changed).toEqual(changes.map((change) => ({ ...change, version: 2 })));
    await expect(book.bulkUpdate([...changes, { id: '1', title: 'x' }])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('leaves what a row does not set, and sets null where it says so', async () => {
    const [a, b, c] = await make(3);
    statements();
    const changed = await book.bulkUpdate([
      { id: c?.id ?? '', price: '1.00' },
      { id: a?.id ?? '', pages: null, title: undefined },
      { id: b?.id ?? '', version: 1, title: 'Emma' },
    ]);
    expect(changed.map(({ title, price, pages, version }) => [title, price, pages, version])).toEqual([
      ['Moby Dick', '1.00', 2, 2],
      ['Moby Dick', '9.90', null, 2],
      ['Emma', '9.90', 1, 2],
    ]);
    expect(changed.every(({ updatedAt }) => updatedAt > (a?.updatedAt ?? ''))).toBe(true);
    expect(statements()).toEqual([
      'with input as ( select * from unnest($1::bigint[], $2::integer[], $3::text[], $4::boolean[], $5::numeric[], ' +
        '$6::boolean[], $7::integer[], $8::boolean[]) with ordinality ' +
        'as input ("id", "$version", "title", "title?", "price", "price?", "pages", "pages?", "$position") ), ' +
        'locked as ( select "book"."id" from "public"."book" join input on input."id" = "book"."id" ' +
        'where input."$version" is null or input."$version" = "book"."version" ' +
        'order by "book"."id" for no key update of "book" ), ' +
        'changed as ( update "public"."book" set "title" = case when input."title?" then input."title" else "book"."title" end, ' +
        '"price" = case when input."price?" then input."price" else "book"."price" end, ' +
        '"pages" = case when input."pages?" then input."pages" else "book"."pages" end, ' +
        '"version" = "book"."version" + 1, "updatedAt" = now() from input where input."id" = "book"."id" ' +
        'and (select count(distinct ("id")) from locked) = (select count(*) from input) returning ' +
        `${bookColumns.map((column) => `"book"."${column}"`).join(', ')}, "$position" ) ` +
        `select ${bookColumns.map((column) => `"${column}"`).join(', ')} from changed order by "$position"`,
    ]);
  });

  test.each([
    ['a row that is gone', { id: '999999', title: 'x' }, 'NOT_FOUND', 'There is no book with this id.'],
    [
      'a stale version',
      { id: '5', version: 7, title: 'x' },
      'CONFLICT',
      'Expected the book in version 7, got one in version 1.',
    ],
    ['a row that comes twice', { id: '1', title: 'x' }, 'INVALID_INPUT', 'Expected each row once, got id "1" twice.'],
    ['a row that comes twice in other words', { id: '01', title: 'x' }, 'NOT_FOUND', 'There is no book with this id.'],
    [
      'a value that breaks a rule',
      { id: '5', price: '-1' },
      'INVALID_INPUT',
      'The values violate the constraint book_price_check.',
    ],
  ])('changes nothing because of %s', async (_, change, code, message) => {
    const before = await collect(book.iterate());
    const failure = book.bulkUpdate([{ id: '1', title: 'changed' }, { id: '2', price: '0' }, change]);
    await expect(failure).rejects.toMatchObject({ code, message });
    if (code !== 'INVALID_INPUT') await expect(failure).rejects.toMatchObject({ field: 'id', value: change.id });
    expect(await collect(book.iterate())).toEqual(before);
  });

  test('loses no change of concurrent callers, who never wait for each other in a circle', async () => {
    const made = await make(50);
    const ids = made.map(({ id }) => id);
    const rounds = await Promise.allSettled(
      numbers(40).map((n) =>
        book.bulkUpdate((n % 2 ? ids : ids.toReversed()).map((id) => ({ id, title: `Book ${n}` }))),
      ),
    );
    expect(rounds.filter(({ status }) => status === 'rejected')).toEqual([]);
    const rows = await collect(book.iterate({ where: { id: { in: ids } } }));
    expect(new Set(rows.map(({ version }) => version))).toEqual(new Set([41]));
    expect(new Set(rows.map(({ title }) => title)).size).toBe(1);
  });

  test('lets one of many callers through who expect the same version', async () => {
    const made = await make(10);
    const changes = made.map(({ id, version }) => ({ id, version, title: 'Emma' }));
    const results = await Promise.allSettled(numbers(30).map(() => book.bulkUpdate(changes)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' });
    }
    const rows = await collect(book.iterate({ where: { isbn: { startsWith: 'NEW-' } } }));
    expect(new Set(rows.map(({ version }) => version))).toEqual(new Set([2]));
  });

  test('works for a table without versions', async () => {
    const loan = tables['lending.loan'];
    const [first, second] = await loan.bulkUpdate([
      { id: '2', reminded: true, returnedOn: '2026-01-02' },
      { id: '1', memberOwner: 'user:1' },
    ]);
    expect(first).toMatchObject({ id: '2', reminded: true, returnedOn: '2026-01-02', memberOwner: 'user:3' });
    expect(second).toMatchObject({ id: '1', reminded: false, returnedOn: null, memberOwner: 'user:1' });
    await expect(loan.bulkUpdate([{ id: '9999', reminded: true }])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('keeps a time to the microsecond', async () => {
    const [made] = await make(1);
    const createdAt = '2026-01-02 03:04:05.123456+00';
    expect(await book.bulkUpdate([{ id: made?.id ?? '', createdAt }], { columns: ['createdAt'] })).toEqual([
      { createdAt },
    ]);
  });
});

describe('update and delete', () => {
  test('change by values', async () => {
    await book.bulkCreate(numbers(5).map((n) => newBook(`${n}`)));
    statements();
    expect(await book.update({ isbn: { in: ['NEW-1', 'NEW-3'] } }, { title: 'Emma', pages: null })).toBe(2);
    expect(await book.delete({ isbn: { startsWith: 'NEW-' }, title: 'Emma' })).toBe(2);
    expect(statements()).toEqual([
      'update "public"."book" set "title" = $1, "pages" = $2, "version" = "book"."version" + 1, "updatedAt" = now() ' +
        'where "isbn" = any($3)',
      'delete from "public"."book" where ("isbn" ilike $1 and "title" = $2)',
    ]);
    expect(await book.update({ or: [] }, { title: 'x' })).toBe(0);
    expect(await book.count({ isbn: { startsWith: 'NEW-' } })).toBe(3);
  });

  test('change by expressions over the row as it was, exactly', async () => {
    await book.bulkCreate(['10.05', '0.05', '99.99'].map((price, n) => newBook(`${n}`, { price })));
    const where = { isbn: { startsWith: 'NEW-' } };
    const percent = '10';
    const price = sql<string>`"price" * (100 + ${percent}::numeric) * 0.01`;
    statements();
    expect(await book.update(where, { price, title: (eb) => eb.ref('isbn'), blurb: 'dear' })).toBe(3);
    expect(statements()).toHaveLength(1);
    const rows = await collect(book.iterate({ where, columns: ['price', 'title', 'blurb', 'version'] }));
    expect(rows).toEqual([
      { price: '11.06', title: 'NEW-0', blurb: 'dear', version: 2 },
      { price: '0.06', title: 'NEW-1', blurb: 'dear', version: 2 },
      { price: '109.99', title: 'NEW-2', blurb: 'dear', version: 2 },
    ]);
  });

  test.each([{ status: null }, { and: [{ title: { eq: null } }], status: null }, { and: [] }, { not: {} }])(
    'refuse a condition that says nothing: %j',
    async (where) => {
      const failure = {
        code: 'INVALID_INPUT',
        message: expect.stringContaining('whose every part restricts the rows'),
      };
      await expect(book.update(where, { title: 'x' })).rejects.toMatchObject(failure);
      await expect(book.delete(where)).rejects.toMatchObject(failure);
    },
  );

  test('refuse a change of nothing', async () => {
    const failure = { code: 'INVALID_INPUT', message: 'Expected at least one value to change, got none.' };
    await expect(book.update({ id: '1' }, { title: undefined })).rejects.toMatchObject(failure);
    await expect(book.save({ id: '1', version: 1 })).rejects.toMatchObject(failure);
    await expect(book.bulkUpdate([{ id: '1' }, { id: '2' }])).rejects.toMatchObject(failure);
  });
});

describe('save', () => {
  test('writes what is given and grows the version', async () => {
    const { id } = await book.create(newBook('1'));
    statements();
    const saved = await book.save({ id, version: 1, title: 'Emma' }, { columns: ['title', 'price', 'version'] });
    expect(saved).toEqual({ title: 'Emma', price: '9.90', version: 2 });
    expect(await book.save({ id, price: '1.00' }, { columns: ['version'] })).toEqual({ version: 3 });
    expect(statements()).toEqual([
      'update "public"."book" set "title" = $1, "version" = "book"."version" + 1, "updatedAt" = now() ' +
        'where "id" = $2 and "version" = $3 returning "title", "price", "version"',
      'update "public"."book" set "price" = $1, "version" = "book"."version" + 1, "updatedAt" = now() ' +
        'where "id" = $2 returning "version"',
    ]);
  });

  test('tells a row that is gone from one that another writer changed first', async () => {
    const { id } = await book.create(newBook('1'));
    await book.save({ id, title: 'Emma' });
    await expect(book.save({ id, version: 1, title: 'Ulysses' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Expected the book in version 1, got one in version 2.',
    });
    await expect(book.save({ id: '999999', title: 'Ulysses' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      value: '999999',
    });
    expect(await book.get({ id }, { columns: ['title'] })).toEqual({ title: 'Emma' });
  });

  test('lets one of many writers through', async () => {
    const { id } = await book.create(newBook('1'));
    const results = await Promise.allSettled(numbers(50).map((n) => book.save({ id, version: 1, title: `Book ${n}` })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('iterate', () => {
  test('reads all rows in order, a batch at a time, through a cursor', async () => {
    statements();
    const rows = await collect(
      book.iterate({
        where: { id: { lte: '120' } },
        orderBy: [{ column: 'price', direction: 'desc' }],
        columns: ['id', 'price'],
        batchSize: 50,
      }),
    );
    expect(rows).toHaveLength(120);
    expect(rows.map(({ price }) => Number(price))).toEqual(
      rows.map(({ price }) => Number(price)).sort((a, b) => b - a),
    );
    expect(statements()).toEqual([
      'begin read only',
      'declare gather_0 no scroll cursor for select "id", "price" from "public"."book" where "id" <= $1 order by "price" desc, "id" desc',
      'fetch 50 from gather_0',
      'fetch 50 from gather_0',
      'fetch 50 from gather_0',
      'rollback',
    ]);
    expectTypeOf(rows).toEqualTypeOf<Pick<BookRow, 'id' | 'price'>[]>();
  });

  test('reads no more than was taken, and frees the connection when the loop is left', async () => {
    statements();
    for await (const row of book.iterate({ batchSize: 10 })) if (row.id === '15') break;
    expect(statements().filter((text) => text.startsWith('fetch'))).toHaveLength(2);
    expect(db.pools.pool.idleCount).toBe(db.pools.pool.totalCount);
  });

  test('lasts longer than a statement may, because each batch is one', async () => {
    const slow = await createTestDatabase({ statementTimeoutMs: 1000 });
    try {
      let count = 0;
      for await (const _ of createTables(slow.database).book.iterate({ batchSize: 50 })) {
        if (++count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 400));
      }
      expect(count).toBe(200);
    } finally {
      await slow.drop();
    }
  });

  test('keeps the memory flat over 20,000 rows of 4 kB', async () => {
    await db.ask(
      `insert into book (isbn, title, blurb, price, "authorId")
       select 'NEW-' || n, 'Book', repeat('x', 4000), 1, 1 from generate_series(1, 20000) n`,
    );
    const before = liveBytes();
    let highest = 0;
    let count = 0;
    for await (const _ of book.iterate({ where: { isbn: { startsWith: 'NEW-' } }, batchSize: 100 })) {
      if (++count % 1000 === 0) highest = Math.max(highest, liveBytes());
    }
    expect(count).toBe(20_000);
    // All rows at once would be more than 80 MB.
    expect(highest - before).toBeLessThan(20_000_000);
  });

  test('is one call in the timing', async () => {
    const seen: string[] = [];
    const listener = (message: unknown) => seen.push(`${(message as Call).name} ${(message as Call).outcome}`);
    calls.subscribe(listener);
    await collect(book.iterate({ batchSize: 50 }));
    await book.bulkUpdate([{ id: '1', title: 'Book' }]);
    calls.unsubscribe(listener);
    expect(seen).toEqual(['book.iterate ok', 'book.bulkUpdate ok']);
  });
});

describe('in a transaction', () => {
  test('all is kept or nothing', async () => {
    const work = db.database.transaction(async (inside) => {
      const own = createTables(inside).book;
      await own.create(newBook('1'));
      expect(await own.exists({ isbn: 'NEW-1' })).toBe(true);
      expect(await book.exists({ isbn: 'NEW-1' })).toBe(false);
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await book.exists({ isbn: 'NEW-1' })).toBe(false);
  });

  test('iterate sees its changes, and lets other statements run meanwhile', async () => {
    await db.database.transaction(async (inside) => {
      const own = createTables(inside).book;
      await own.bulkCreate(numbers(10).map((n) => newBook(`${n}`)));
      for await (const { id } of own.iterate({ where: { isbn: { startsWith: 'NEW-' } }, batchSize: 3 })) {
        await own.save({ id, title: `Book ${id}` });
      }
      const outer = own.iterate({ where: { id: { lte: '2' } }, columns: ['id'], batchSize: 1 });
      const pairs = [];
      for await (const { id } of outer) {
        for await (const inner of own.iterate({ where: { id: { lte: '2' } }, columns: ['id'], batchSize: 1 }))
          pairs.push([id, inner.id]);
      }
      expect(pairs).toEqual([
        ['1', '1'],
        ['1', '2'],
        ['2', '1'],
        ['2', '2'],
      ]);
      const { rows: open } = await inside.run(raw(`select from pg_cursors where name like 'gather%'`), {
        name: 'cursors',
      });
      expect(open).toEqual([]);
    });
    const rows = await collect(book.iterate({ where: { isbn: { startsWith: 'NEW-' } } }));
    expect(rows.map(({ title, version }) => [title, version])).toEqual(rows.map(({ id }) => [`Book ${id}`, 2]));
  });
});

test('statements of one shape are prepared once, whatever their values', async () => {
  const single = await createTestDatabase({ poolSize: 1, statementTimeoutMs: 300_000 });
  try {
    const own = createTables(single.database).book;
    for (const ids of [['1'], ['2', '3'], []]) await own.count({ id: { in: ids }, title: { contains: ids.join() } });
    const prepared = await single.database.run(
      { name: undefined, text: 'select generic_plans + custom_plans as runs from pg_prepared_statements', values: [] },
      { name: 'prepared' },
    );
    expect(prepared.rows).toEqual([{ runs: '3' }]);
  } finally {
    await single.drop();
  }
});
