import { expressionBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { builder } from '../../../../src/gather/database/builder.ts';
import type { Schema } from '../../../../src/gather/database/schema.ts';
import { createTables, type Tables } from '../../../../src/gather/database/tables.ts';
import { compileWhere, type Where } from '../../../../src/gather/database/where.ts';
import type { ItemRow } from '../../../../src/smokehouse/generated/database.ts';
import type { ItemWhere } from '../../../../src/smokehouse/generated/schema.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../../helpers/database.ts';

const { definitions } = TEST_TABLES;

let db: TestDatabase;
let item: Tables['item'];
const rows: ItemRow[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  item = createTables(db.database).item;
  const odd = ['100% oak', 'a_b', 'back\\slash', "O'Brien's", 'ÄPFEL "süß"', 'a_b%c\\d'];
  await item.bulkCreate(odd.map((name, index) => ({ sku: `ODD-${index}`, name, price: '1.50', supplierId: '1' })));
  for await (const row of item.iterate()) rows.push(row);
});

afterAll(() => db.drop());

/** Which rows a condition finds is what the predicate says of each row. */
async function expectSame(where: Where<'item'>, predicate: (row: ItemRow) => boolean) {
  const found: string[] = [];
  for await (const { sku } of item.iterate({ where, columns: ['sku'] })) found.push(sku);
  expect(found).toEqual(rows.filter(predicate).map(({ sku }) => sku));
}

function toSql(where: Where<'item'>): string {
  const { condition } = compileWhere(definitions.item, where);
  return sql`${condition(expressionBuilder<Schema, 'item'>())}`.compile(builder).sql;
}

const price = (row: ItemRow) => Number(row.price);

describe('an operator', () => {
  test('eq finds equal values, of decimals by value', async () => {
    await expectSame({ sku: { eq: 'ODD-1' } }, (row) => row.sku === 'ODD-1');
    await expectSame({ price: { eq: '1.5' } }, (row) => row.price === '1.50');
    await expectSame({ id: '17' }, (row) => row.id === '17');
    await expectSame({ calories: 0 }, (row) => row.calories === 0);
  });

  test('ne finds all others, those without a value too', async () => {
    const calories = rows.find((row) => row.calories !== null)?.calories ?? 0;
    await expectSame({ calories: { ne: calories } }, (row) => row.calories !== calories);
    await expectSame({ status: { ne: 'ACTIVE' } }, (row) => row.status !== 'ACTIVE');
  });

  test('in and notIn take any number of values, none too', async () => {
    await expectSame({ id: { in: ['3', '5', '999999'] } }, (row) => ['3', '5'].includes(row.id));
    await expectSame({ id: { notIn: ['3', '5'] } }, (row) => !['3', '5'].includes(row.id));
    await expectSame({ calories: { notIn: [1, 2] } }, (row) => row.calories !== 1 && row.calories !== 2);
    await expectSame({ status: { in: [] } }, () => false);
    await expectSame({ status: { notIn: [] } }, () => true);
    await expectSame({ name: { in: ['a_b', 'back\\slash', 'ÄPFEL "süß"'] } }, (row) =>
      ['a_b', 'back\\slash', 'ÄPFEL "süß"'].includes(row.name),
    );
  });

  test('lt, lte, gt and gte compare, and never hold for nulls', async () => {
    const middle = rows[100]?.price ?? '';
    await expectSame({ price: { lt: middle } }, (row) => price(row) < Number(middle));
    await expectSame({ price: { lte: middle } }, (row) => price(row) <= Number(middle));
    await expectSame({ price: { gt: middle } }, (row) => price(row) > Number(middle));
    await expectSame({ price: { gte: middle, lt: '150' } }, (row) => price(row) >= Number(middle) && price(row) < 150);
    await expectSame({ calories: { gte: 0 } }, (row) => row.calories !== null);
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
    await expectSame({ name: { [operator]: text } }, ({ name }) => {
      if (operator === 'contains') return name.toLowerCase().includes(lower);
      return operator === 'startsWith' ? name.toLowerCase().startsWith(lower) : name.toLowerCase().endsWith(lower);
    });
  });

  test('of text is refused for other columns', () => {
    expect(() => compileWhere(definitions.item, { price: { contains: '1' } })).toThrow(
      'Column "price" of table item, of type numeric, has no operator "contains".',
    );
  });
});

describe('null', () => {
  const isNull = (row: ItemRow) => row.calories === null;

  test('asks for rows without a value, of a column that may be null', async () => {
    await expectSame({ calories: null }, isNull);
    await expectSame({ calories: { eq: null } }, isNull);
    await expectSame({ calories: { isNull: true } }, isNull);
    await expectSame({ calories: { ne: null } }, (row) => !isNull(row));
    await expectSame({ calories: { isNull: false } }, (row) => !isNull(row));
  });

  test('is a part that is not given everywhere else, as undefined is', async () => {
    await expectSame(
      { name: null, status: { eq: null, in: null, ne: undefined }, and: null, or: null, not: null },
      () => true,
    );
    await expectSame({ calories: { lt: null, in: null, isNull: null }, price: undefined }, () => true);
  });
});

describe('in a change, a part that says nothing', () => {
  const named = { name: 'a_b' };

  test.each<[Where<'item'>, string]>([
    [{}, 'the condition is'],
    [{ id: undefined }, 'its part id is'],
    [{ supplierId: null, id: undefined }, 'its part supplierId is'],
    [{ sku: {} }, 'its part sku is'],
    [{ ...named, sku: {} }, 'its part sku is'],
    [{ ...named, sku: { eq: null } }, 'its part sku.eq is'],
    [{ sku: { ne: null } }, 'its part sku.ne is'],
    [{ sku: { eq: 'SKU-00001', ne: undefined } }, 'its part sku.ne is'],
    [{ calories: { lt: null } }, 'its part calories.lt is'],
    [{ or: [{ supplierId: { eq: undefined } }, named] }, 'its part or.0.supplierId.eq is'],
    [{ or: [{ supplierId: {} }, named] }, 'its part or.0.supplierId is'],
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
    [{ name: { contains: '' } }, 'its part name.contains is'],
    [{ or: [named, { sku: { startsWith: '' } }] }, 'its part or.1.sku.startsWith is'],
    [{ description: { endsWith: '' } }, 'its part description.endsWith is'],
  ])('is refused, before anything is sent: %j', async (where, part) => {
    const refusal = {
      code: 'INVALID_INPUT',
      message: `Expected a condition whose every part restricts the rows, but ${part} absent, null or empty, and matches all of them.`,
    };
    db.statements();
    await expect(item.update(where, { name: 'x' })).rejects.toMatchObject(refusal);
    await expect(item.delete(where)).rejects.toMatchObject(refusal);
    await expect(item.get(where)).rejects.toMatchObject(refusal);
    await expect(item.find(where)).rejects.toMatchObject(refusal);
    expect(db.statements()).toEqual([]);
    // A read takes it.
    await expect(item.count(where)).resolves.toBeTypeOf('number');
  });

  test.each<Where<'item'>>([
    { or: [] },
    { id: { in: [] } },
    { ...{ name: 'a_b' }, or: [] },
    { or: [{ or: [] }, { id: { in: [] } }] },
    { photoId: null, calories: { eq: null }, sku: 'none' },
    { calories: { notIn: [1] }, sku: { in: ['none'] } },
  ])('is not one that holds for none, or that asks for null: %j', async (where) => {
    expect(await item.update(where, { name: 'x' })).toBe(0);
    expect(await item.delete(where)).toBe(0);
  });

  test('is a key of getOrCreate as well', async () => {
    const untyped: Record<string, string> = JSON.parse('{ "sku": null }');
    const created = item.getOrCreate(untyped, { sku: 'x', name: 'x', price: '1', supplierId: '1' });
    await expect(created).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('and, or and not', () => {
  test('combine', async () => {
    const where: Where<'item'> = {
      status: 'ACTIVE',
      or: [{ price: { lt: '20' } }, { price: { gt: '150' }, calories: { ne: null } }],
      not: { supplierId: { in: ['1', '2'] } },
      and: [{ name: { contains: 'o' } }, { name: { contains: 'e' } }],
    };
    await expectSame(
      where,
      (row) =>
        row.status === 'ACTIVE' &&
        (price(row) < 20 || (price(row) > 150 && row.calories !== null)) &&
        !['1', '2'].includes(row.supplierId) &&
        /o/i.test(row.name) &&
        /e/i.test(row.name),
    );
  });

  test('of nothing are what logic says', async () => {
    await expectSame({}, () => true);
    await expectSame({ and: [] }, () => true);
    await expectSame({ or: [] }, () => false);
    await expectSame({ not: {} }, () => false);
    await expectSame({ not: { or: [] } }, () => true);
    await expectSame({ or: [{}, { id: '1' }] }, () => true);
    await expectSame({ or: [{ supplierId: { eq: undefined } }, { id: '1' }] }, () => true);
    await expectSame({ not: { or: [{ supplierId: {} }, { id: '1' }] } }, () => false);
  });

  test.each<Where<'item'>>([
    { calories: { lt: 250 } },
    { calories: 250 },
    { calories: { in: [250] } },
    { calories: { ne: null } },
    { or: [{ calories: { gt: 100 } }, { price: { lt: '50' } }] },
    { not: { calories: { gt: 100 } }, name: { contains: 'a' } },
  ])('not is the complement, with nulls too: %o', async (where) => {
    const [met, unmet] = await Promise.all([item.count(where), item.count({ not: where })]);
    expect(met + unmet).toBe(rows.length);
  });
});

describe('compileWhere', () => {
  test('gives the SQL that its operators stand for', () => {
    expect(
      toSql({ price: { gte: '10', lt: '20' }, not: { id: '1' }, or: [{ calories: null }, { sku: { in: [] } }] }),
    ).toBe('("price" >= $1 and "price" < $2 and ("calories" is null or "sku" = any($3)) and ("id" = $4) is not true)');
    expect(toSql({})).toBe('true');
    expect(toSql({ name: { contains: '%' }, status: { ne: 'DRAFT' } })).toBe(
      '("name" ilike $1 and "status" is distinct from $2)',
    );
  });

  test('gives one shape for one structure, whatever the values', () => {
    const shape = (where: Where<'item'>) => compileWhere(definitions.item, where).shape;
    expect(shape({ id: { in: ['1'] }, name: 'a' })).toBe(
      shape({ id: { in: ['1', '2'] }, name: { eq: 'b' }, sku: null }),
    );
    const shapes = [
      {},
      { name: 'a' },
      { sku: 'a' },
      { name: { ne: 'a' } },
      { calories: 1 },
      { calories: null },
      { calories: { ne: null } },
      { and: [{ name: 'a' }, { sku: 'a' }] },
      { or: [{ name: 'a' }, { sku: 'a' }] },
      { or: [{ name: 'a', sku: 'a' }] },
      { or: [] },
      { and: [] },
      { not: {} },
      { not: { name: 'a' } },
      { not: { or: [] } },
    ].map(shape);
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  test('refuses more than 200 conditions, empty ones too', () => {
    const compile = (count: number, part: Where<'item'>) =>
      compileWhere(definitions.item, { or: Array.from({ length: count }, () => part) });
    expect(() => compile(200, { id: '1' })).not.toThrow();
    expect(() => compile(201, { id: '1' })).toThrow('Expected at most 200 conditions.');
    expect(() => compile(201, {})).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
    expect(() => compile(201, { or: [] })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  test('refuses more than 20 levels, without going down further', () => {
    const nest = (levels: number): Where<'item'> => (levels === 1 ? { id: '1' } : { not: nest(levels - 1) });
    expect(() => compileWhere(definitions.item, nest(20))).not.toThrow();
    expect(() => compileWhere(definitions.item, nest(21))).toThrow('Expected at most 20 levels of conditions.');
  });

  test('refuses what is no column and no operator, inherited names too', () => {
    const untyped: Record<string, object> = {
      column: { 'id" = 1 --': '1' },
      inherited: { constructor: '1' },
      operator: { id: { toString: '1' } },
    };
    for (const where of Object.values(untyped)) expect(() => compileWhere(definitions.item, where)).toThrow(/ has no /);
  });

  test('never mixes values into the SQL', async () => {
    await expectSame({ name: "x' or true --" }, () => false);
    await expectSame({ name: { in: ["'}", '","', '{}', 'NULL'] } }, () => false);
  });
});

test('a value that does not fit its column is bad input', async () => {
  for (const where of [{ id: 'abc' }, { id: '99999999999999999999' }, { price: { lt: 'cheap' } }, { name: 'a\0b' }]) {
    await expect(item.count(where)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
});

test('the types take the inputs of GraphQL, and no operator that a column has not', () => {
  expectTypeOf<ItemWhere>().toExtend<Where<'item'>>();
  expectTypeOf<{ calories: { isNull: true } }>().toExtend<Where<'item'>>();
  expectTypeOf<{ sku: { isNull: true } }>().not.toExtend<Where<'item'>>();
  expectTypeOf<{ calories: { contains: 'a' } }>().not.toExtend<Where<'item'>>();
  expectTypeOf<{ status: 'SOLD' }>().not.toExtend<Where<'item'>>();
  expectTypeOf<{ rating: { in: string[] } }>().not.toExtend<Where<'review'>>();
});
