import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import type { Call } from '../../../../src/gather/calls.ts';
import { calls } from '../../../../src/gather/calls.ts';
import type { Decimal } from '../../../../src/gather/database/column-types.ts';
import { createTables, type Tables } from '../../../../src/gather/database/tables.ts';
import { GatherError } from '../../../../src/gather/errors.ts';
import type { ItemRow } from '../../../../src/smokehouse/generated/database.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../../helpers/database.ts';
import { liveBytes } from '../../../helpers/live-bytes.ts';

let db: TestDatabase;
let tables: Tables;
let item: Tables['item'];

beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 20, statementTimeoutMs: 300_000 });
  tables = createTables(db.database);
  item = tables.item;
});

afterAll(() => db.drop());

const itemColumns = Object.keys(TEST_TABLES.definitions.item.types);

/** Every item that a test makes, so that each begins with the 200 of the seed. */
afterEach(() => item.delete({ sku: { startsWith: 'NEW-' } }));

/** The statements since last asked, on one line each. */
const statements = () => db.statements().map((text) => text.replace(/\s+/g, ' ').trim());

const newItem = (sku: string, values: Partial<{ name: string; price: Decimal; calories: number | null }> = {}) => ({
  sku: `NEW-${sku}`,
  name: 'Smoked eel',
  price: '9.90',
  supplierId: '1',
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
    const row = await item.get({ sku: 'SKU-00007' }, { columns: ['id', 'sku'] });
    expect(row).toEqual({ id: '7', sku: 'SKU-00007' });
    expect(await item.find({ id: '7' }, { columns: ['sku', 'id', 'sku'] })).toEqual(row);
    expect(statements()).toEqual([
      'select "id", "sku" from "public"."item" where "sku" = $1 limit 2',
      'select "id", "sku" from "public"."item" where "id" = $1 limit 2',
    ]);
    expectTypeOf(row).toEqualTypeOf<Pick<ItemRow, 'id' | 'sku'>>();
  });

  test('give all columns unless told', async () => {
    const row = await item.get({ id: '7' });
    expect(Object.keys(row)).toEqual(itemColumns);
    expectTypeOf(row.status).toEqualTypeOf<'DRAFT' | 'ACTIVE' | 'RETIRED'>();
    expect(await item.get({ id: '7' }, { columns: [] })).toEqual({ id: '7' });
  });

  test('differ where there is none', async () => {
    await expect(item.get({ id: '999999' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no item with this id.',
      field: 'id',
      value: '999999',
    });
    await expect(item.get({ id: '1', status: { in: [] } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: undefined,
    });
    expect(await item.find({ id: '999999' })).toBeUndefined();
  });

  test('refuse several, which is a fault of the program', async () => {
    const failure = await item.find({ supplierId: '1' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(GatherError);
    await expect(item.get({ supplierId: '1' })).rejects.toThrow('Expected at most one item, got several');
  });
});

describe('first and last', () => {
  test('give the two ends of one order', async () => {
    const all = await collect(
      item.iterate({ orderBy: [{ column: 'calories', direction: 'desc' }], columns: ['id', 'calories'] }),
    );
    const orderBy = [{ column: 'calories', direction: 'desc' }] as const;
    statements();
    expect(await item.first({ orderBy, columns: ['id', 'calories'] })).toEqual(all[0]);
    expect(await item.last({ orderBy, columns: ['id', 'calories'] })).toEqual(all.at(-1));
    expect(all[0]?.calories).toBeNull();
    expect(statements()).toEqual([
      'select "id", "calories" from "public"."item" where true order by "calories" desc, "id" desc limit 1',
      'select "id", "calories" from "public"."item" where true order by "calories" asc, "id" asc limit 1',
    ]);
  });

  test('go by the key unless told, and by terms that decide something', async () => {
    expect((await item.first())?.id).toBe('1');
    expect((await item.last({ where: { id: { lte: '50' } } }))?.id).toBe('50');
    statements();
    const id = { column: 'id', direction: 'desc' } as const;
    const name = { column: 'name', direction: 'asc' } as const;
    expect((await item.first({ orderBy: [id, name, id], columns: ['id'] }))?.id).toBe('200');
    expect(statements()).toEqual(['select "id" from "public"."item" where true order by "id" desc limit 1']);
  });

  test('are undefined where there is none', async () => {
    expect(await item.first({ where: { or: [] } })).toBeUndefined();
    expect(await item.last({ where: { or: [] } })).toBeUndefined();
  });
});

describe('exists, count and aggregate', () => {
  test('are one statement each', async () => {
    statements();
    expect(await item.exists({ price: { gt: '0' } })).toBe(true);
    expect(await item.exists({ price: { lt: '0' } })).toBe(false);
    expect(await item.count({})).toBe(200);
    expect(await item.count({ id: { in: ['1', '2', '2', '0'] } })).toBe(2);
    expect(statements()).toEqual([
      'select exists ( select from "public"."item" where "price" > $1 ) as "exists"',
      'select exists ( select from "public"."item" where "price" < $1 ) as "exists"',
      'select count(*) as "count" from "public"."item" where true',
      'select count(*) as "count" from "public"."item" where "id" = any($1)',
    ]);
  });

  test('give exact decimals, an average rounded half away from zero', async () => {
    await item.bulkCreate(['0.01', '0.02', '0.10', '0.05'].map((price, index) => newItem(`${index}`, { price })));
    const where = { sku: { startsWith: 'NEW-' } };
    statements();
    const figures = await item.aggregate(where, {
      mean: ['avg', 'price'],
      exact: ['avg', 'price', 4],
      lowest: ['min', 'price'],
      highest: ['max', 'price'],
      total: ['sum', 'price'],
      fattest: ['max', 'calories'],
    });
    expect(figures).toEqual({
      mean: '0.05',
      exact: '0.0450',
      lowest: '0.01',
      highest: '0.10',
      total: '0.18',
      fattest: null,
    });
    expect(statements()).toHaveLength(1);
    expectTypeOf(figures.fattest).toEqualTypeOf<number | null>();
    expectTypeOf(figures.mean).toEqualTypeOf<Decimal | null>();
  });

  test('give nulls where there are no rows', async () => {
    expect(await item.aggregate({ or: [] }, { mean: ['avg', 'price'], total: ['sum', 'price'] })).toEqual({
      mean: null,
      total: null,
    });
  });
});

describe('create', () => {
  test('inserts one row and gives its defaults back', async () => {
    statements();
    const row = await item.create(newItem('1', { price: '1.005' }), {
      columns: ['sku', 'status', 'price', 'version', 'calories'],
    });
    expect(row).toEqual({ sku: 'NEW-1', status: 'DRAFT', price: '1.01', version: 1, calories: null });
    expect(statements()).toEqual([
      'insert into "public"."item" ("sku", "name", "price", "supplierId") values ($1::text, $2::text, $3::numeric, $4::bigint) ' +
        'returning "sku", "status", "price", "calories", "version"',
    ]);
  });

  test('says what the database refuses', async () => {
    await item.create(newItem('1'));
    await expect(item.create(newItem('1'))).rejects.toMatchObject({ code: 'CONFLICT', field: 'sku', value: 'NEW-1' });
    await expect(item.create({ ...newItem('2'), supplierId: '999' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'supplierId',
    });
    await expect(item.create(newItem('2', { price: '-1' }))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(tables.supplier.delete({ id: '1' })).rejects.toMatchObject({
      code: 'CONFLICT',
      field: 'id',
      value: '1',
    });
  });

  test('refuses what is no column', async () => {
    const values = { ...newItem('1'), colour: 'red' };
    await expect(item.create(values)).rejects.toThrow('Table item has no column "colour".');
  });
});

describe('getOrCreate', () => {
  test('creates once and then gives the row, unchanged', async () => {
    const { sku, ...defaults } = newItem('1');
    statements();
    const first = await item.getOrCreate({ sku }, defaults, { columns: ['id', 'price'] });
    const second = await item.getOrCreate({ sku }, { ...defaults, price: '1.00' }, { columns: ['id', 'price'] });
    expect(first).toEqual({ row: { id: first.row.id, price: '9.90' }, created: true });
    expect(second).toEqual({ row: first.row, created: false });
    const text =
      'with found as ( select "id", "price" from "public"."item" where "sku" = $1 ), created as ( ' +
      'insert into "public"."item" ("sku", "name", "price", "supplierId") select $2::text, $3::text, $4::numeric, $5::bigint ' +
      'where not exists (select from found) on conflict ("sku") do nothing returning "id", "price" ) ' +
      'select "id", "price", false as "$created" from found union all select "id", "price", true from created';
    expect(statements()).toEqual([text, text]);
  });

  test('spends no key on a row that is there', async () => {
    const { sku, ...defaults } = newItem('1');
    const { row } = await item.getOrCreate({ sku }, defaults);
    for (const _ of numbers(5)) await item.getOrCreate({ sku }, defaults);
    expect(Number((await item.create(newItem('2'))).id)).toBe(Number(row.id) + 1);
  });

  test('makes one row for two hundred callers at once', async () => {
    for (const round of numbers(5)) {
      const { sku, ...defaults } = newItem(`round-${round}`);
      const results = await Promise.all(numbers(200).map(() => item.getOrCreate({ sku }, defaults)));
      expect(results.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(results.map(({ row }) => row.id)).size).toBe(1);
      expect(await item.count({ sku })).toBe(1);
    }
  });

  test('waits for a transaction that has inserted the row, and goes by its outcome', async () => {
    const { sku, ...defaults } = newItem('1');
    for (const outcome of ['commit', 'rollback']) {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const other = db.database.transaction(async (inside) => {
        await createTables(inside).item.create({ sku, ...defaults });
        begun.resolve();
        await end.promise;
        if (outcome === 'rollback') throw new Error('rolled back');
      });
      await begun.promise;
      const waiting = item.getOrCreate({ sku }, defaults);
      const isWaiting = async () =>
        (await db.ask(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
          .length > 0;
      await expect.poll(isWaiting).toBe(true);
      end.resolve();
      await other.catch(() => {});
      expect((await waiting).created).toBe(outcome === 'rollback');
      await item.delete({ sku });
    }
  });
});

describe('updateOrCreate', () => {
  test('creates, then updates, and keeps the version', async () => {
    const { sku, ...values } = newItem('1');
    statements();
    const columns = ['id', 'price', 'version', 'createdAt', 'updatedAt'] as const;
    const first = await item.updateOrCreate({ sku }, values, { columns });
    const second = await item.updateOrCreate({ sku }, { ...values, price: '1.00' }, { columns });
    const text =
      'insert into "public"."item" ("sku", "name", "price", "supplierId") values ($1::text, $2::text, $3::numeric, $4::bigint) ' +
      'on conflict ("sku") do update set "name" = excluded."name", "price" = excluded."price", ' +
      '"supplierId" = excluded."supplierId", "version" = "item"."version" + 1, "updatedAt" = now() ' +
      'returning "id", "price", "version", "createdAt", "updatedAt", xmax = 0 as "$created"';
    expect(statements()).toEqual([text, text]);
    expect(first).toMatchObject({ created: true, row: { version: 1, price: '9.90' } });
    expect(second).toMatchObject({ created: false, row: { id: first.row.id, version: 2, price: '1.00' } });
    expect(second.row.createdAt).toBe(first.row.createdAt);
    expect(second.row.updatedAt > first.row.updatedAt).toBe(true);
    expect(Object.keys(second.row)).toEqual(columns);
  });

  test('knows what it created inside a transaction, and when others hold the row', async () => {
    const { sku, ...values } = newItem('1');
    await db.database.transaction(async (inside) => {
      const own = createTables(inside).item;
      const created = [];
      for (const _ of numbers(3)) created.push((await own.updateOrCreate({ sku }, values)).created);
      expect(created).toEqual([true, false, false]);
    });
    const { id } = await item.get({ sku });
    await tables.review.create({ itemId: id, customerId: '1', rating: 5, text: 'Good' });
    await db.database.transaction(async (inside) => {
      await inside.run(
        { name: undefined, text: 'select from item where id = $1 for key share', values: [id] },
        { name: 'lock' },
      );
      expect((await item.updateOrCreate({ sku }, values)).created).toBe(false);
    });
    expect((await item.updateOrCreate({ sku }, values)).created).toBe(false);
    expect((await item.get({ sku })).version).toBe(5);
  });

  test('makes one row for two hundred callers at once, and loses no change', async () => {
    const { sku, ...values } = newItem('1');
    const results = await Promise.all(
      numbers(200).map((n) => item.updateOrCreate({ sku }, { ...values, calories: n })),
    );
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(results.map(({ row }) => row.version).sort((a, b) => a - b)).toEqual(numbers(200).map((n) => n + 1));
  });
});

describe('bulkCreate', () => {
  test('inserts 10,000 rows in one statement, in the order of the input', async () => {
    const rows = numbers(10_000).map((n) => newItem(`${(n * 7919) % 10_000}`, { calories: n % 3 ? n : null }));
    statements();
    const created = await item.bulkCreate(rows, { columns: ['sku', 'calories'] });
    expect(created).toEqual(rows.map(({ sku, calories }) => ({ sku, calories })));
    const [text, ...others] = statements();
    expect(others).toEqual([]);
    expect(text).toBe(
      'with created as ( insert into "public"."item" ("sku", "name", "price", "calories", "supplierId") ' +
        'select "sku", "name", "price", "calories", "supplierId" ' +
        'from unnest($1::text[], $2::text[], $3::numeric[], $4::integer[], $5::bigint[]) with ordinality ' +
        'as input ("sku", "name", "price", "calories", "supplierId", "$position") order by "$position" ' +
        'returning "sku", "calories", "id" ) select "sku", "calories" from created order by "id"',
    );
    await expect(item.bulkCreate([...rows, newItem('x')])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('inserts all or none', async () => {
    const rows = [newItem('1'), newItem('2'), newItem('1')];
    await expect(item.bulkCreate(rows)).rejects.toMatchObject({ code: 'CONFLICT', field: 'sku', value: 'NEW-1' });
    expect(await item.exists({ sku: { startsWith: 'NEW-' } })).toBe(false);
  });

  test('keeps any text as it is', async () => {
    const names = ['{}', '{"a","b"}', 'NULL', '', '"', '\\', "'", 'a,b', ' a ', 'ß\n🦐'];
    const created = await item.bulkCreate(
      names.map((name, n) => newItem(`${n}`, { name })),
      { columns: ['name'] },
    );
    expect(created.map(({ name }) => name)).toEqual(names);
  });

  test('fills in what only some rows give, if it may be null', async () => {
    const created = await item.bulkCreate([newItem('1', { calories: 5 }), newItem('2')], {
      columns: ['calories', 'status'],
    });
    expect(created).toEqual([
      { calories: 5, status: 'DRAFT' },
      { calories: null, status: 'DRAFT' },
    ]);
    await expect(item.bulkCreate([{ ...newItem('3'), status: 'ACTIVE' }, newItem('4')])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'Expected a value for status in every row or in none, got none in row 1.',
    });
  });

  test('of nothing runs nothing', async () => {
    statements();
    expect(await item.bulkCreate([])).toEqual([]);
    expect(await item.bulkUpdate([])).toEqual([]);
    expect(statements()).toEqual([]);
  });
});

describe('bulkUpdate', () => {
  async function make(count: number) {
    return item.bulkCreate(numbers(count).map((n) => newItem(`${n}`, { calories: n })));
  }

  test('gives each of 10,000 rows its own values in one statement, in the order of the input', async () => {
    const made = await make(10_000);
    const changes = made.map(({ id, version }, n) => ({ id, version, price: `${n}.50`, name: `Eel ${n}` })).reverse();
    statements();
    const changed = await item.bulkUpdate(changes, { columns: ['id', 'price', 'name', 'version'] });
    expect(statements()).toHaveLength(1);
    expect(changed).toEqual(changes.map((change) => ({ ...change, version: 2 })));
    await expect(item.bulkUpdate([...changes, { id: '1', name: 'x' }])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('leaves what a row does not set, and sets null where it says so', async () => {
    const [a, b, c] = await make(3);
    statements();
    const changed = await item.bulkUpdate([
      { id: c?.id ?? '', price: '1.00' },
      { id: a?.id ?? '', calories: null, name: undefined },
      { id: b?.id ?? '', version: 1, name: 'Trout' },
    ]);
    expect(changed.map(({ name, price, calories, version }) => [name, price, calories, version])).toEqual([
      ['Smoked eel', '1.00', 2, 2],
      ['Smoked eel', '9.90', null, 2],
      ['Trout', '9.90', 1, 2],
    ]);
    expect(changed.every(({ updatedAt }) => updatedAt > (a?.updatedAt ?? ''))).toBe(true);
    expect(statements()).toEqual([
      'with input as ( select * from unnest($1::bigint[], $2::integer[], $3::text[], $4::boolean[], $5::numeric[], ' +
        '$6::boolean[], $7::integer[], $8::boolean[]) with ordinality ' +
        'as input ("id", "$version", "name", "name?", "price", "price?", "calories", "calories?", "$position") ), ' +
        'locked as ( select "item"."id" from "public"."item" join input on input."id" = "item"."id" ' +
        'where input."$version" is null or input."$version" = "item"."version" ' +
        'order by "item"."id" for no key update of "item" ), ' +
        'changed as ( update "public"."item" set "name" = case when input."name?" then input."name" else "item"."name" end, ' +
        '"price" = case when input."price?" then input."price" else "item"."price" end, ' +
        '"calories" = case when input."calories?" then input."calories" else "item"."calories" end, ' +
        '"version" = "item"."version" + 1, "updatedAt" = now() from input where input."id" = "item"."id" ' +
        'and (select count(distinct "id") from locked) = (select count(*) from input) returning ' +
        `${itemColumns.map((column) => `"item"."${column}"`).join(', ')}, "$position" ) ` +
        `select ${itemColumns.map((column) => `"${column}"`).join(', ')} from changed order by "$position"`,
    ]);
  });

  test.each([
    ['a row that is gone', { id: '999999', name: 'x' }, 'NOT_FOUND', 'There is no item with this id.'],
    [
      'a stale version',
      { id: '5', version: 7, name: 'x' },
      'CONFLICT',
      'Expected the item in version 7, got one in version 1.',
    ],
    ['a row that comes twice', { id: '1', name: 'x' }, 'INVALID_INPUT', 'Expected each row once, got id "1" twice.'],
    ['a row that comes twice in other words', { id: '01', name: 'x' }, 'NOT_FOUND', 'There is no item with this id.'],
    [
      'a value that breaks a rule',
      { id: '5', price: '-1' },
      'INVALID_INPUT',
      'The values violate the constraint item_price_check.',
    ],
  ])('changes nothing because of %s', async (_, change, code, message) => {
    const before = await collect(item.iterate());
    const failure = item.bulkUpdate([{ id: '1', name: 'changed' }, { id: '2', price: '0' }, change]);
    await expect(failure).rejects.toMatchObject({ code, message });
    if (code !== 'INVALID_INPUT') await expect(failure).rejects.toMatchObject({ field: 'id', value: change.id });
    expect(await collect(item.iterate())).toEqual(before);
  });

  test('loses no change of concurrent callers, who never wait for each other in a circle', async () => {
    const made = await make(50);
    const ids = made.map(({ id }) => id);
    const rounds = await Promise.allSettled(
      numbers(40).map((n) => item.bulkUpdate((n % 2 ? ids : ids.toReversed()).map((id) => ({ id, name: `Eel ${n}` })))),
    );
    expect(rounds.filter(({ status }) => status === 'rejected')).toEqual([]);
    const rows = await collect(item.iterate({ where: { id: { in: ids } } }));
    expect(new Set(rows.map(({ version }) => version))).toEqual(new Set([41]));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(1);
  });

  test('lets one of many callers through who expect the same version', async () => {
    const made = await make(10);
    const changes = made.map(({ id, version }) => ({ id, version, name: 'Trout' }));
    const results = await Promise.allSettled(numbers(30).map(() => item.bulkUpdate(changes)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' });
    }
    const rows = await collect(item.iterate({ where: { sku: { startsWith: 'NEW-' } } }));
    expect(new Set(rows.map(({ version }) => version))).toEqual(new Set([2]));
  });

  test('works for a table without versions', async () => {
    const [first, second] = await tables.task.bulkUpdate([
      { id: '2', done: true, completedAt: '2026-01-02 03:04:05.123456+00' },
      { id: '1', title: 'Clean the smoker' },
    ]);
    expect(first).toMatchObject({ id: '2', done: true, completedAt: '2026-01-02 03:04:05.123456+00' });
    expect(second).toMatchObject({ id: '1', title: 'Clean the smoker' });
    await expect(tables.task.bulkUpdate([{ id: '9999', done: true }])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('update and delete', () => {
  test('change by values', async () => {
    await item.bulkCreate(numbers(5).map((n) => newItem(`${n}`)));
    statements();
    expect(await item.update({ sku: { in: ['NEW-1', 'NEW-3'] } }, { name: 'Trout', calories: null })).toBe(2);
    expect(await item.delete({ sku: { startsWith: 'NEW-' }, name: 'Trout' })).toBe(2);
    expect(statements()).toEqual([
      'update "public"."item" set "name" = $1, "calories" = $2, "version" = "item"."version" + 1, "updatedAt" = now() ' +
        'where "sku" = any($3)',
      'delete from "public"."item" where ("sku" ilike $1 and "name" = $2)',
    ]);
    expect(await item.update({ or: [] }, { name: 'x' })).toBe(0);
    expect(await item.count({ sku: { startsWith: 'NEW-' } })).toBe(3);
  });

  test('change by expressions over the row as it was, exactly', async () => {
    await item.bulkCreate(['10.05', '0.05', '99.99'].map((price, n) => newItem(`${n}`, { price })));
    const where = { sku: { startsWith: 'NEW-' } };
    const percent = '10';
    const price = sql<string>`"price" * (100 + ${percent}::numeric) * 0.01`;
    statements();
    expect(await item.update(where, { price, name: (eb) => eb.ref('sku'), description: 'dear' })).toBe(3);
    expect(statements()).toHaveLength(1);
    const rows = await collect(item.iterate({ where, columns: ['price', 'name', 'description', 'version'] }));
    expect(rows).toEqual([
      { price: '11.06', name: 'NEW-0', description: 'dear', version: 2 },
      { price: '0.06', name: 'NEW-1', description: 'dear', version: 2 },
      { price: '109.99', name: 'NEW-2', description: 'dear', version: 2 },
    ]);
  });

  test.each([{ status: null }, { and: [{ name: { eq: null } }], status: null }, { and: [] }, { not: {} }])(
    'refuse a condition that says nothing: %j',
    async (where) => {
      const failure = { code: 'INVALID_INPUT', message: expect.stringContaining('says which rows') };
      await expect(item.update(where, { name: 'x' })).rejects.toMatchObject(failure);
      await expect(item.delete(where)).rejects.toMatchObject(failure);
    },
  );

  test('refuse a change of nothing', async () => {
    const failure = { code: 'INVALID_INPUT', message: 'Expected at least one value to change, got none.' };
    await expect(item.update({ id: '1' }, { name: undefined })).rejects.toMatchObject(failure);
    await expect(item.save({ id: '1', version: 1 })).rejects.toMatchObject(failure);
    await expect(item.bulkUpdate([{ id: '1' }, { id: '2' }])).rejects.toMatchObject(failure);
  });
});

describe('save', () => {
  test('writes what is given and grows the version', async () => {
    const { id } = await item.create(newItem('1'));
    statements();
    const saved = await item.save({ id, version: 1, name: 'Trout' }, { columns: ['name', 'price', 'version'] });
    expect(saved).toEqual({ name: 'Trout', price: '9.90', version: 2 });
    expect(await item.save({ id, price: '1.00' }, { columns: ['version'] })).toEqual({ version: 3 });
    expect(statements()).toEqual([
      'update "public"."item" set "name" = $1, "version" = "item"."version" + 1, "updatedAt" = now() ' +
        'where "id" = $2 and "version" = $3 returning "name", "price", "version"',
      'update "public"."item" set "price" = $1, "version" = "item"."version" + 1, "updatedAt" = now() ' +
        'where "id" = $2 returning "version"',
    ]);
  });

  test('tells a row that is gone from one that another writer changed first', async () => {
    const { id } = await item.create(newItem('1'));
    await item.save({ id, name: 'Trout' });
    await expect(item.save({ id, version: 1, name: 'Pike' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Expected the item in version 1, got one in version 2.',
    });
    await expect(item.save({ id: '999999', name: 'Pike' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      value: '999999',
    });
    expect(await item.get({ id }, { columns: ['name'] })).toEqual({ name: 'Trout' });
  });

  test('lets one of many writers through', async () => {
    const { id } = await item.create(newItem('1'));
    const results = await Promise.allSettled(numbers(50).map((n) => item.save({ id, version: 1, name: `Eel ${n}` })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('iterate', () => {
  test('reads all rows in order, a batch at a time, through a cursor', async () => {
    statements();
    const rows = await collect(
      item.iterate({
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
      'declare gather_0 no scroll cursor for select "id", "price" from "public"."item" where "id" <= $1 order by "price" desc, "id" desc',
      'fetch 50 from gather_0',
      'fetch 50 from gather_0',
      'fetch 50 from gather_0',
      'close gather_0',
      'rollback',
    ]);
    expectTypeOf(rows).toEqualTypeOf<Pick<ItemRow, 'id' | 'price'>[]>();
  });

  test('reads no more than was taken, and frees the connection when the loop is left', async () => {
    statements();
    for await (const row of item.iterate({ batchSize: 10 })) if (row.id === '15') break;
    expect(statements().filter((text) => text.startsWith('fetch'))).toHaveLength(2);
    expect(db.pools.pool.idleCount).toBe(db.pools.pool.totalCount);
  });

  test('lasts longer than a statement may, because each batch is one', async () => {
    const slow = await createTestDatabase({ statementTimeoutMs: 1000 });
    try {
      let count = 0;
      for await (const _ of createTables(slow.database).item.iterate({ batchSize: 50 })) {
        if (++count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 400));
      }
      expect(count).toBe(200);
    } finally {
      await slow.drop();
    }
  });

  test('keeps the memory flat over 20,000 rows of 4 kB', async () => {
    await db.ask(
      `insert into item (sku, name, description, price, "supplierId")
       select 'NEW-' || n, 'Eel', repeat('x', 4000), 1, 1 from generate_series(1, 20000) n`,
    );
    const before = liveBytes();
    let highest = 0;
    let count = 0;
    for await (const _ of item.iterate({ where: { sku: { startsWith: 'NEW-' } }, batchSize: 100 })) {
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
    await collect(item.iterate({ batchSize: 50 }));
    await item.bulkUpdate([{ id: '1', name: 'Eel' }]);
    calls.unsubscribe(listener);
    expect(seen).toEqual(['item.iterate ok', 'item.bulkUpdate ok']);
  });
});

describe('in a transaction', () => {
  test('all is kept or nothing', async () => {
    const work = db.database.transaction(async (inside) => {
      const own = createTables(inside).item;
      await own.create(newItem('1'));
      expect(await own.exists({ sku: 'NEW-1' })).toBe(true);
      expect(await item.exists({ sku: 'NEW-1' })).toBe(false);
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await item.exists({ sku: 'NEW-1' })).toBe(false);
  });

  test('iterate sees its changes, and lets other statements run meanwhile', async () => {
    await db.database.transaction(async (inside) => {
      const own = createTables(inside).item;
      await own.bulkCreate(numbers(10).map((n) => newItem(`${n}`)));
      for await (const { id } of own.iterate({ where: { sku: { startsWith: 'NEW-' } }, batchSize: 3 })) {
        await own.save({ id, name: `Eel ${id}` });
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
    });
    const rows = await collect(item.iterate({ where: { sku: { startsWith: 'NEW-' } } }));
    expect(rows.map(({ name, version }) => [name, version])).toEqual(rows.map(({ id }) => [`Eel ${id}`, 2]));
  });
});

test('statements of one shape are prepared once, whatever their values', async () => {
  const single = await createTestDatabase({ poolSize: 1, statementTimeoutMs: 300_000 });
  try {
    const own = createTables(single.database).item;
    for (const ids of [['1'], ['2', '3'], []]) await own.count({ id: { in: ids }, name: { contains: ids.join() } });
    const prepared = await single.database.run(
      { name: undefined, text: 'select generic_plans + custom_plans as runs from pg_prepared_statements', values: [] },
      { name: 'prepared' },
    );
    expect(prepared.rows).toEqual([{ runs: '3' }]);
  } finally {
    await single.drop();
  }
});
