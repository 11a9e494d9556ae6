import { expressionBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { builder } from '../../../src/gather/database/builder.ts';
import { readRowsByKey } from '../../../src/gather/database/rows-by-key.ts';
import type { Schema } from '../../../src/gather/database/schema.ts';
import { SqlCondition } from '../../../src/gather/database/sql-condition.ts';
import { createTables, type Tables } from '../../../src/gather/database/tables.ts';
import { compileWhere, type Where } from '../../../src/gather/database/where.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../helpers/database.ts';
import type { BookRow } from '../library/generated/database.ts';
import type { BookWhere } from '../library/generated/schema.ts';

const { definitions } = TEST_TABLES;

let db: TestDatabase;
let book: Tables['book'];
const rows: BookRow[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  book = createTables(db.database).book;
  const odd = ['100% oak', 'a_b', 'back\\slash', "O'Brien's", 'ÄPFEL "süß"', 'a_b%c\\d'];
  await book.bulkCreate(
    odd.map((title, index) => ({ isbn: `ODD-${index}`, title, price: '1.50', pages: index, authorId: '1' })),
  );
  for await (const row of book.iterate()) rows.push(row);
});

afterAll(() => db.drop());

/** Which rows a condition finds is what the predicate says of each row. */
async function expectSame(where: Where<'book'>, predicate: (row: BookRow) => boolean) {
  const found: string[] = [];
  for await (const { isbn } of book.iterate({ where, columns: ['isbn'] })) found.push(isbn);
  expect(found).toEqual(rows.filter(predicate).map(({ isbn }) => isbn));
}

function toSql(where: Where<'book'>): string {
  const { condition } = compileWhere(definitions.book, where);
  return sql`${condition(expressionBuilder<Schema, 'book'>())}`.compile(builder).sql;
}

const price = (row: BookRow) => Number(row.price);

describe('an operator', () => {
  test('eq finds equal values, of decimals by value', async () => {
    await expectSame({ isbn: { eq: 'ODD-1' } }, (row) => row.isbn === 'ODD-1');
    await expectSame({ price: { eq: '1.5' } }, (row) => row.price === '1.50');
    await expectSame({ id: '17' }, (row) => row.id === '17');
    await expectSame({ pages: 0 }, (row) => row.pages === 0);
  });

  test('ne finds all others, those without a value too', async () => {
    const pages = rows.find((row) => row.pages !== null)?.pages ?? 0;
    await expectSame({ pages: { ne: pages } }, (row) => row.pages !== pages);
    await expectSame({ status: { ne: 'ACTIVE' } }, (row) => row.status !== 'ACTIVE');
  });

  test('in and notIn take any number of values, none too', async () => {
    await expectSame({ id: { in: ['3', '5', '999999'] } }, (row) => ['3', '5'].includes(row.id));
    await expectSame({ id: { notIn: ['3', '5'] } }, (row) => !['3', '5'].includes(row.id));
    await expectSame({ pages: { notIn: [1, 2] } }, (row) => row.pages !== 1 && row.pages !== 2);
    await expectSame({ status: { in: [] } }, () => false);
    await expectSame({ status: { notIn: [] } }, () => true);
    await expectSame({ title: { in: ['a_b', 'back\\slash', 'ÄPFEL "süß"'] } }, (row) =>
      ['a_b', 'back\\slash', 'ÄPFEL "süß"'].includes(row.title),
    );
  });

  test('lt, lte, gt and gte compare, and never hold for nulls', async () => {
    const middle = rows[100]?.price ?? '';
    await expectSame({ price: { lt: middle } }, (row) => price(row) < Number(middle));
    await expectSame({ price: { lte: middle } }, (row) => price(row) <= Number(middle));
    await expectSame({ price: { gt: middle } }, (row) => price(row) > Number(middle));
    await expectSame({ price: { gte: middle, lt: '13' } }, (row) => price(row) >= Number(middle) && price(row) < 13);
    await expectSame({ pages: { gte: 0 } }, (row) => row.pages !== null);
  });

  test.each([
    ['contains', '%'],
    ['contains', '_'],
    ['contains', '\\'],
    ['contains', "'"],
    ['contains', 'äpfel "SÜß'],
    ['contains', '_b%c\\'],
    ['contains', 'BRISKET'],
    ['contains', ''],
    ['startsWith', 'oak'],
    ['startsWith', '%'],
    ['startsWith', 'A_'],
    ['endsWith', '\\D'],
    ['endsWith', 'OAK'],
    ['endsWith', '_'],
  ])('finds text to the letter, in upper or lower case: %s %s', async (operator, text) => {
    const lower = text.toLowerCase();
    await expectSame({ title: { [operator]: text } }, ({ title }) => {
      if (operator === 'contains') return title.toLowerCase().includes(lower);
      return operator === 'startsWith' ? title.toLowerCase().startsWith(lower) : title.toLowerCase().endsWith(lower);
    });
  });

  test('of text is refused for other columns', () => {
    expect(() => compileWhere(definitions.book, { price: { contains: '1' } })).toThrow(
      'Column "price" of table book, of type numeric, has no operator "contains".',
    );
  });
});

describe('null', () => {
  const isNull = (row: BookRow) => row.pages === null;

  test('asks for rows without a value, of a column that may be null', async () => {
    await expectSame({ pages: null }, isNull);
    await expectSame({ pages: { eq: null } }, isNull);
    await expectSame({ pages: { isNull: true } }, isNull);
    await expectSame({ pages: { ne: null } }, (row) => !isNull(row));
    await expectSame({ pages: { isNull: false } }, (row) => !isNull(row));
  });

  test('is a part that is not given everywhere else, as undefined is', async () => {
    await expectSame(
      { title: null, status: { eq: null, in: null, ne: undefined }, and: null, or: null, not: null },
      () => true,
    );
    await expectSame({ pages: { lt: null, in: null, isNull: null }, price: undefined }, () => true);
  });
});

describe('in a change, a part that says nothing', () => {
  const named = { title: 'a_b' };

  test.each<[Where<'book'>, string]>([
    [{}, 'the condition is'],
    [{ id: undefined }, 'its part id is'],
    [{ authorId: null, id: undefined }, 'its part authorId is'],
    [{ isbn: {} }, 'its part isbn is'],
    [{ ...named, isbn: {} }, 'its part isbn is'],
    [{ ...named, isbn: { eq: null } }, 'its part isbn.eq is'],
    [{ isbn: { ne: null } }, 'its part isbn.ne is'],
    [{ isbn: { eq: 'ISBN-00001', ne: undefined } }, 'its part isbn.ne is'],
    [{ pages: { lt: null } }, 'its part pages.lt is'],
    [{ or: [{ authorId: { eq: undefined } }, named] }, 'its part or.0.authorId.eq is'],
    [{ or: [{ authorId: {} }, named] }, 'its part or.0.authorId is'],
    [{ or: [named, {}] }, 'its part or.1 is'],
    [{ ...named, or: [{ status: 'ACTIVE' }, {}] }, 'its part or.1 is'],
    [{ or: [named, { and: [] }] }, 'its part or.1.and is'],
    [{ or: [named, { not: { or: [] } }] }, 'its part or.1.not is'],
    [{ or: null }, 'its part or is'],
    [{ ...named, or: undefined }, 'its part or is'],
    [{ and: null }, 'its part and is'],
    [{ and: [] }, 'its part and is'],
    [{ and: [{}] }, 'its part and.0 is'],
    [{ and: [named, { or: [{ and: [{ not: { not: {} } }] }] }] }, 'its part and.1.or.0.and.0.not.not is'],
    [{ not: null }, 'its part not is'],
    [{ not: {} }, 'its part not is'],
    [{ not: { or: [] } }, 'its part not is'],
    [{ not: { not: { or: [] } } }, 'its part not.not is'],
    [{ not: { id: { in: [] } } }, 'its part not is'],
    [{ not: { and: [named, { or: [] }] } }, 'its part not is'],
    [{ not: { or: [{ or: [] }, { id: { in: [] } }] } }, 'its part not is'],
    [{ id: { notIn: [] } }, 'its part id.notIn is'],
    [{ or: [named, { id: { notIn: [] } }] }, 'its part or.1.id.notIn is'],
    [{ title: { contains: '' } }, 'its part title.contains is'],
    [{ or: [named, { isbn: { startsWith: '' } }] }, 'its part or.1.isbn.startsWith is'],
    [{ blurb: { endsWith: '' } }, 'its part blurb.endsWith is'],
  ])('is refused, before anything is sent: %j', async (where, part) => {
    const refusal = {
      code: 'INVALID_INPUT',
      message: `Expected a condition whose every part restricts the rows, but ${part} absent, null or empty, and matches all of them.`,
    };
    db.statements();
    await expect(book.update(where, { title: 'x' })).rejects.toMatchObject(refusal);
    await expect(book.delete(where)).rejects.toMatchObject(refusal);
    await expect(book.get(where)).rejects.toMatchObject(refusal);
    await expect(book.find(where)).rejects.toMatchObject(refusal);
    expect(db.statements()).toEqual([]);
    // A read takes it.
    await expect(book.count(where)).resolves.toBeTypeOf('number');
  });

  test.each<Where<'book'>>([
    { or: [] },
    { id: { in: [] } },
    { ...{ title: 'a_b' }, or: [] },
    { or: [{ or: [] }, { id: { in: [] } }] },
    { coverId: null, pages: { eq: null }, isbn: 'none' },
    { pages: { notIn: [1] }, isbn: { in: ['none'] } },
  ])('is not one that holds for none, or that asks for null: %j', async (where) => {
    expect(await book.update(where, { title: 'x' })).toBe(0);
    expect(await book.delete(where)).toBe(0);
  });

  test('is a key of getOrCreate as well', async () => {
    const untyped: Record<string, string> = JSON.parse('{ "isbn": null }');
    const created = book.getOrCreate(untyped, { isbn: 'x', title: 'x', price: '1', authorId: '1' });
    await expect(created).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('and, or and not', () => {
  test('combine', async () => {
    const where: Where<'book'> = {
      status: 'ACTIVE',
      or: [{ price: { lt: '7' } }, { price: { gt: '13' }, pages: { ne: null } }],
      not: { authorId: { in: ['1', '2'] } },
      and: [{ title: { contains: 'i' } }, { title: { contains: 'e' } }],
    };
    await expectSame(
      where,
      (row) =>
        row.status === 'ACTIVE' &&
        (price(row) < 7 || (price(row) > 13 && row.pages !== null)) &&
        !['1', '2'].includes(row.authorId) &&
        /i/i.test(row.title) &&
        /e/i.test(row.title),
    );
  });

  test('of nothing are what logic says', async () => {
    await expectSame({}, () => true);
    await expectSame({ and: [] }, () => true);
    await expectSame({ or: [] }, () => false);
    await expectSame({ not: {} }, () => false);
    await expectSame({ not: { or: [] } }, () => true);
    await expectSame({ or: [{}, { id: '1' }] }, () => true);
    await expectSame({ or: [{ authorId: { eq: undefined } }, { id: '1' }] }, () => true);
    await expectSame({ not: { or: [{ authorId: {} }, { id: '1' }] } }, () => false);
  });

  test.each<Where<'book'>>([
    { pages: { lt: 250 } },
    { pages: 250 },
    { pages: { in: [250] } },
    { pages: { ne: null } },
    { or: [{ pages: { gt: 100 } }, { price: { lt: '7' } }] },
    { not: { pages: { gt: 100 } }, title: { contains: 'i' } },
  ])('not is the complement, with nulls too: %o', async (where) => {
    const [met, unmet] = await Promise.all([book.count(where), book.count({ not: where })]);
    expect(met + unmet).toBe(rows.length);
  });
});

describe('compileWhere', () => {
  test('gives the SQL that its operators stand for', () => {
    expect(
      toSql({ price: { gte: '10', lt: '20' }, not: { id: '1' }, or: [{ pages: null }, { isbn: { in: [] } }] }),
    ).toBe('("price" >= $1 and "price" < $2 and ("pages" is null or "isbn" = any($3)) and ("id" = $4) is not true)');
    expect(toSql({})).toBe('true');
    expect(toSql({ title: { contains: '%' }, status: { ne: 'DRAFT' } })).toBe(
      '("title" ilike $1 and ("status" = $2) is not true)',
    );
  });

  test('quotes the names of columns as they are', () => {
    const named = { ...definitions.book, types: { ...definitions.book.types, 'net.price': 'numeric' } };
    const { condition } = compileWhere(named, { 'net.price': '1' } as Where<'book'>);
    const { sql: text } = sql`${condition(expressionBuilder<Schema, 'book'>())}`.compile(builder);
    expect(text).toBe('"net.price" = $1');
  });

  test('gives one shape for one structure, whatever the values', () => {
    const shape = (where: Where<'book'>) => compileWhere(definitions.book, where).shape;
    expect(shape({ id: { in: ['1'] }, title: 'a' })).toBe(
      shape({ id: { in: ['1', '2'] }, title: { eq: 'b' }, isbn: null }),
    );
    const shapes = [
      {},
      { title: 'a' },
      { isbn: 'a' },
      { title: { ne: 'a' } },
      { pages: 1 },
      { pages: null },
      { pages: { ne: null } },
      { and: [{ title: 'a' }, { isbn: 'a' }] },
      { or: [{ title: 'a' }, { isbn: 'a' }] },
      { or: [{ title: 'a', isbn: 'a' }] },
      { or: [] },
      { and: [] },
      { not: {} },
      { not: { title: 'a' } },
      { not: { or: [] } },
    ].map(shape);
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  test('refuses more than 200 conditions, empty ones too', () => {
    const compile = (count: number, part: Where<'book'>) =>
      compileWhere(definitions.book, { or: Array.from({ length: count }, () => part) });
    expect(() => compile(200, { id: '1' })).not.toThrow();
    expect(() => compile(201, { id: '1' })).toThrow('Expected at most 200 conditions.');
    expect(() => compile(201, {})).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
    expect(() => compile(201, { or: [] })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  test('refuses more than 20 levels, without going down further', () => {
    const nest = (levels: number): Where<'book'> => (levels === 1 ? { id: '1' } : { not: nest(levels - 1) });
    expect(() => compileWhere(definitions.book, nest(20))).not.toThrow();
    expect(() => compileWhere(definitions.book, nest(21))).toThrow('Expected at most 20 levels of conditions.');
  });

  test('refuses what is no column and no operator, inherited names too', () => {
    const untyped: Record<string, object> = {
      column: { 'id" = 1 --': '1' },
      inherited: { constructor: '1' },
      operator: { id: { toString: '1' } },
    };
    for (const where of Object.values(untyped)) expect(() => compileWhere(definitions.book, where)).toThrow(/ has no /);
  });

  test('never mixes values into the SQL', async () => {
    await expectSame({ title: "x' or true --" }, () => false);
    await expectSame({ title: { in: ["'}", '","', '{}', 'NULL'] } }, () => false);
  });
});

test('a condition in SQL finds the values that it is given, in lists of Kysely too', async () => {
  const eb = expressionBuilder<Schema, 'book'>();
  const isbnsOf = async (isbns: readonly string[]) => {
    const isOneOf = new SqlCondition((column) => sql`${eb(column('isbn'), 'in', isbns)}`);
    const found: string[] = [];
    for await (const { isbn } of book.iterate({ where: { isOneOf } as Where<'book'>, columns: ['isbn'] }))
      found.push(isbn);
    return found;
  };
  expect(await isbnsOf(['ODD-1', 'ODD-2'])).toEqual(['ODD-1', 'ODD-2']);
  expect(await isbnsOf(['ODD-3', 'ODD-4'])).toEqual(['ODD-3', 'ODD-4']);
});

test('a value that does not fit its column is bad input', async () => {
  for (const where of [{ id: { gt: 'abc' } }, { id: { lt: '99999999999999999999' } }, { price: { lt: 'cheap' } }]) {
    await expect(book.count(where)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
});

test('no row equals a value that its column cannot hold', async () => {
  const all = await book.count({});
  for (const where of [{ id: 'abc' }, { id: '99999999999999999999' }, { title: 'a\0b' }, { price: 'cheap' }]) {
    expect(await book.count(where)).toBe(0);
    expect(await book.count({ not: where })).toBe(all);
  }
  expect(await book.count({ id: { in: ['abc', '7', '-99999999999999999999'] } })).toBe(1);
  expect(await book.count({ id: { notIn: ['abc', '7'] } })).toBe(all - 1);
  expect(await book.count({ id: { ne: 'abc' } })).toBe(all);
  for (const others of [{ ne: 'abc' }, { notIn: ['abc'] }]) {
    expect(await book.count({ coverId: others })).toBe(all);
    expect(await book.count({ not: { coverId: others } })).toBe(0);
  }
  await expect(book.delete({ id: { notIn: ['abc'] } })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('no row has a key that its column cannot hold, or null', async () => {
  const source = { definition: definitions.book, column: 'id' } as const;
  const keys = ['7', 8, 'abc', '1,2', ' 3', '99999999999999999999', 1.5, null as never];
  const found = await readRowsByKey(db.database, 'bookById', source, [], keys);
  expect(found.map(({ id }) => id).sort()).toEqual(['7', '8']);
  expect(await readRowsByKey(db.database, 'bookById', source, [], ['abc'])).toEqual([]);
});

test('the types take the inputs of GraphQL but for IDs, and no operator that a column has not', () => {
  expectTypeOf<Pick<BookWhere, 'status' | 'title' | 'price'>>().toExtend<Where<'book'>>();
  type Titles = Pick<BookWhere, 'title'>;
  expectTypeOf<{ and: Titles[]; or: Titles[]; not: Titles }>().toExtend<Where<'book'>>();
  expectTypeOf<Pick<BookWhere, 'authorId'>>().not.toExtend<Where<'book'>>();
  expectTypeOf<{ pages: { isNull: true } }>().toExtend<Where<'book'>>();
  expectTypeOf<{ isbn: { isNull: true } }>().not.toExtend<Where<'book'>>();
  expectTypeOf<{ pages: { contains: 'a' } }>().not.toExtend<Where<'book'>>();
  expectTypeOf<{ status: 'SOLD' }>().not.toExtend<Where<'book'>>();
  expectTypeOf<{ version: { in: number[] } }>().toExtend<Where<'book'>>();
  expectTypeOf<{ version: { in: string[] } }>().not.toExtend<Where<'book'>>();
});
