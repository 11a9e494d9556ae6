import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countByParent, type ParentList, readParentPages } from '../../../src/gather/database/parent-pages.ts';
import { readRowsByKey } from '../../../src/gather/database/rows-by-key.ts';
import { createTables, type Tables } from '../../../src/gather/database/tables.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../helpers/database.ts';

/** The table of books, as somebody else might have named its columns. */
const COLUMNS = {
  isbn: 'book_isbn',
  title: 'Title of Book',
  price: 'price_usd',
  authorId: 'author_id',
  version: 'row_version',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};
const book = { ...TEST_TABLES.definitions.book, columns: COLUMNS };

let db: TestDatabase;
let tables: Tables;

beforeAll(async () => {
  db = await createTestDatabase({ definitions: { ...TEST_TABLES.definitions, book } });
  for (const [field, column] of Object.entries(COLUMNS)) {
    await db.ask(`alter table book rename column "${field}" to "${column}"`);
  }
  tables = createTables(db.database);
});

afterAll(() => db.drop());

const statements = () => db.statements().map((text) => text.replace(/\s+/g, ' ').trim());

test('a row has the names of the code, and its statement those of the database', async () => {
  statements();
  const columns = ['id', 'isbn', 'title', 'authorId'] as const;
  const row = { id: '7', isbn: 'ISBN-00007', title: 'Fire 7', authorId: '8' };
  expect(await tables.book.get({ isbn: 'ISBN-00007' }, { columns })).toEqual(row);
  // Its columns are known from the first time.
  expect(await tables.book.get({ isbn: 'ISBN-00007' }, { columns })).toEqual(row);
  const statement =
    'select "id", "book_isbn", "Title of Book", "author_id" from "public"."book" where "book_isbn" = $1 limit 2';
  expect(statements()).toEqual([statement, statement]);
});

test('conditions, orders, pages, counts and aggregates', async () => {
  const where = { title: { startsWith: 'Fire' }, not: { authorId: '4' } } as const;
  const orderBy = [{ column: 'price', direction: 'desc' }] as const;
  const { title } = (await tables.book.first({ where, orderBy })) ?? {};
  expect(title).toMatch(/^Fire/);
  expect(await tables.book.count(where)).toBe(40);
  expect(await tables.book.exists(where)).toBe(true);
  expect(await tables.book.aggregate(where, { price: ['max', 'price'], least: ['min', 'price'] })).toEqual({
    price: '14.75',
    least: '6.75',
  });
  const page = { size: 3, isBackward: false, after: undefined, before: undefined };
  const query = { name: 'books', where, orderBy, columns: ['title', 'price'] as const, page };
  const first = await tables.book.connection(query).read();
  const all: string[] = [];
  for await (const row of tables.book.iterate({ where, orderBy, batchSize: 7 })) all.push(row.price);
  expect(first.rows.map(({ price }) => price)).toEqual(all.slice(0, 3));
  const after = tables.book.connection(query).cursorOf(first.rows[2] as never);
  const second = await tables.book.connection({ ...query, page: { ...page, after } }).read();
  expect(second.rows.map(({ price }) => price)).toEqual(all.slice(3, 6));
});

test('rows by key, and pages and counts by parent', async () => {
  const rows = await readRowsByKey(
    db.database,
    'bookByIsbn',
    { definition: book, column: 'isbn' },
    ['title'],
    ['ISBN-00007'],
  );
  expect(rows).toEqual([{ isbn: 'ISBN-00007', title: 'Fire 7' }]);
  const list: ParentList<'book'> = {
    name: 'books',
    definition: book,
    parent: ['authorId'],
    pairs: undefined,
    where: { title: { startsWith: 'Fire' } },
    order: [
      { column: 'price', direction: 'asc' },
      { column: 'id', direction: 'asc' },
    ],
    bounds: { isBackward: false, after: undefined, before: undefined },
  };
  const pages = await readParentPages(db.database, list, ['id', 'authorId'], [{ id: '8', limit: 2 }]);
  expect(pages).toEqual([
    [
      { id: '7', authorId: '8', price: '6.75', $index: '1' },
      { id: '47', authorId: '8', price: '6.75', $index: '1' },
    ],
  ]);
  expect(await countByParent(db.database, list, ['8', '999'])).toEqual([10, 0]);
});

test('changes of one row and of many', async () => {
  const columns = ['id', 'title', 'version'] as const;
  const values = { isbn: 'NEW-1', title: 'One', price: '1.00', authorId: '1' };
  const { row, created } = await tables.book.getOrCreate({ isbn: 'NEW-1' }, values, { columns });
  expect({ title: row.title, version: row.version, created }).toEqual({ title: 'One', version: 1, created: true });
  expect((await tables.book.getOrCreate({ isbn: 'NEW-1' }, values, { columns })).row).toEqual(row);
  expect(await tables.book.updateOrCreate({ isbn: 'NEW-1' }, { ...values, title: 'Uno' }, { columns })).toEqual({
    row: { id: row.id, title: 'Uno', version: 2 },
    created: false,
  });
  expect(await tables.book.save({ id: row.id, title: 'Eins', version: 2 }, { columns })).toEqual({
    id: row.id,
    title: 'Eins',
    version: 3,
  });
  await expect(tables.book.save({ id: row.id, title: 'Ein', version: 2 })).rejects.toMatchObject({ code: 'CONFLICT' });
  const [second] = await tables.book.bulkCreate([{ ...values, isbn: 'NEW-2' }], { columns });
  const changes = [
    { id: row.id, title: 'A', version: 3 },
    { id: second?.id ?? '', price: '2.00' },
  ];
  expect(await tables.book.bulkUpdate(changes, { columns: ['title', 'price', 'version'] })).toEqual([
    { title: 'A', price: '1.00', version: 4 },
    { title: 'One', price: '2.00', version: 2 },
  ]);
  const dearer = sql`"price_usd" * 2`;
  expect(await tables.book.update({ isbn: 'NEW-2' }, { price: dearer, title: (eb) => eb.ref('isbn') })).toBe(1);
  expect(await tables.book.get({ isbn: 'NEW-2' }, { columns: ['title', 'price'] })).toEqual({
    title: 'NEW-2',
    price: '4.00',
  });
  expect(await tables.book.delete({ isbn: { startsWith: 'NEW-' } })).toBe(2);
});

test('errors name the field', async () => {
  const values = { isbn: 'ISBN-00007', title: 'One', price: '1.00', authorId: '1' };
  await expect(tables.book.create(values)).rejects.toMatchObject({ code: 'CONFLICT', field: 'isbn' });
  await expect(tables.book.create({ ...values, isbn: 'NEW-3', authorId: '999' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    field: 'authorId',
    message: 'There is nothing with this authorId.',
  });
  await expect(tables.book.create({ ...values, title: null as never })).rejects.toMatchObject({ field: 'title' });
});

test("statements over the engine's tables keep their names", async () => {
  statements();
  expect(await tables['gather.job'].count({ createdAt: { gt: '2026-01-01 00:00:00+00' } })).toBe(0);
  expect(statements()).toEqual(['select count(*) as "count" from "gather"."job" where "createdAt" > $1']);
});
