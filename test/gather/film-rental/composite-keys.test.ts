import { belongsTo, defineType, hasMany, type KeyText, toRowId } from 'gather';
import { signedIn, startTestApp, type TestApp } from 'gather/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Database } from '../../../src/gather/database/database.ts';
import { createPools, endPools, type Pools } from '../../../src/gather/database/pool.ts';
import { createTables, type Tables, toDefinitions } from '../../../src/gather/database/tables.ts';
import { tables as generated } from './generated/database.ts';
import { filmRental } from './index.ts';

const MARY = '11111111-1111-4111-8111-111111111111';

let app: TestApp;
let pools: Pools;
let tables: Tables;

beforeAll(async () => {
  app = await startTestApp(filmRental);
  pools = createPools({
    definitions: toDefinitions(generated, 'gather'),
    queueSchema: 'gather_jobs',
    databaseUrl: app.databaseUrl,
    poolSize: 2,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
  });
  tables = createTables(new Database(pools, new AbortController().signal));
});

afterAll(async () => {
  await endPools(pools);
  await app[Symbol.asyncDispose]();
});

beforeEach(() => void app.cost());

async function ask(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await app.query(text, variables, { viewer: signedIn('STAFF') });
  expect(errors).toBeUndefined();
  return data;
}

const idOf = (type: string, key: string | number) => Buffer.from(`${type}:${key}`).toString('base64');

test('a key of several columns is an ID, and one of another number of values or of other types is found for none', async () => {
  const keys = ['1/1', '1/9', '1', '1/1/1', 'x/1', '3000000000/1', '1/%', '2/4', '/', ''];
  const ids = keys.map((key) => idOf('Part', key));
  const data = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Part { role billing } } }', { ids });
  const found = keys.map((key) => {
    if (key === '1/1') return { id: idOf('Part', key), role: 'The elder brother', billing: 1 };
    return key === '2/4' ? { id: idOf('Part', key), role: null, billing: 2 } : null;
  });
  expect(data.nodes).toEqual(found);
  expect(app.cost()).toEqual({ statements: 1, calls: 0 });
});

test('foreign keys of several columns, across schemas and quoted names, both ways', async () => {
  const { node } = await ask(
    `query ($mary: ID!) {
      node(id: $mary) {
        ... on Customer {
          invoices {
            nodes {
              id
              total
              currency { code name }
              lines { totalCount nodes { id label invoice { id number } rental { customer { first_name } } } }
              store { opening_hours { nodes { id day from to store { store_id } } } }
            }
          }
        }
      }
    }`,
    { mary: idOf('Customer', MARY) },
  );
  expect(node.invoices.nodes).toEqual([
    {
      id: idOf('Invoice', '1/1'),
      total: '2.99',
      currency: { code: 'CAD', name: 'Canadian dollar' },
      lines: {
        totalCount: 1,
        nodes: [
          {
            id: idOf('InvoiceLine', '1/1/1'),
            label: 'Harbour Lights',
            invoice: { id: idOf('Invoice', '1/1'), number: 1 },
            rental: { customer: { first_name: 'Mary' } },
          },
        ],
      },
      store: {
        opening_hours: {
          nodes: [1, 2].map((day) => ({
            id: idOf('OpeningHours', `1/${day}`),
            day,
            from: '10:00:00',
            to: '18:30:00',
            store: { store_id: 1 },
          })),
        },
      },
    },
  ]);
  // The customer; invoices; currencies, lines, their number and stores; hours and rentals.
  expect(app.cost()).toEqual({ statements: 8, calls: 0 });
});

test('pages of rows with keys of several columns, of parents and of all', async () => {
  /** The keys on all pages of the list at this path. */
  const walk = async (start: string, path: readonly string[]) => {
    const keys: string[] = [];
    let after: string | null = null;
    do {
      const data = await ask(`query ($after: String) { ${start} }`, { after });
      const list = path.reduce((part, name) => part[name], data);
      keys.push(...list.nodes.map(({ id }: { id: string }) => atob(id).replace(/^.*:/, '')));
      after = list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null;
    } while (after);
    return keys;
  };
  const page = '(first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }';
  expect(await walk(`parts${page}`, ['parts'])).toEqual(['1/1', '1/2', '3/4', '2/1', '2/4']);
  const lines = `node(id: "${idOf('Invoice', '1/2')}") { ... on Invoice { lines${page} } }`;
  expect(await walk(lines, ['node', 'lines'])).toEqual(['1/2/1', '1/2/2']);
  const actor = `node(id: "${idOf('Actor', 1)}") { ... on Actor { parts${page} } }`;
  expect(await walk(actor, ['node', 'parts'])).toEqual(['1/2', '1/1']);
});

test('a view with a declared key is read like a table', async () => {
  const { listedFilms, node } = await ask(
    `query ($id: ID!) {
      listedFilms(first: 2) { totalCount nodes { id title rating categories } }
      node(id: $id) { ... on ListedFilm { title } }
    }`,
    { id: idOf('ListedFilm', 3) },
  );
  expect(listedFilms).toEqual({
    totalCount: 5,
    nodes: [
      { id: idOf('ListedFilm', 5), title: 'Unrated', rating: null, categories: [null] },
      { id: idOf('ListedFilm', 3), title: 'The Glacier', rating: 'G', categories: ['Documentary'] },
    ],
  });
  expect(node).toEqual({ title: 'The Glacier' });
  expect(app.cost()).toEqual({ statements: 3, calls: 0 });
});

test('operations on a row by its ID', async () => {
  const { film_actor: parts } = tables;
  const key = (text: string) => parts.keyOf(toRowId('Part', idOf('Part', text)));
  expect(await parts.get(key('1/2'))).toEqual({ actor_id: 1, film_id: 2, role: 'The brother', billing: 1 });
  expect(await parts.find(key('1/7'))).toBeUndefined();
  expect(await parts.find(key('nonsense'))).toBeUndefined();
  expect(await parts.save({ ...key('1/2'), billing: 3 })).toMatchObject({ billing: 3 });
  await expect(parts.save({ ...key('x/2'), billing: 3 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(parts.create({ ...key('9/2'), billing: 1 } as never)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    field: 'actor_id',
  });
  expect(await parts.save({ ...key('1/2'), billing: 1 })).toMatchObject({ role: 'The brother', billing: 1 });
});

test('a constraint of several columns, or of one with a quoted name, is named as far as it can be', async () => {
  const line = { store_id: 1, invoice_number: 99, line: 1, label: 'Nothing', amount: '1.00' };
  await expect(tables['accounting.invoice_line'].create(line)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is nothing with these values.',
  });
  await expect(tables.film_actor.create({ actor_id: 1, film_id: 1, billing: 1 })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'These values are taken.',
  });
  const hours = { Store: 77, 'Day of Week': 1, from: '08:00', to: '09:00' };
  await expect(tables['Opening Hours'].create(hours)).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'Store' });
});

test('operations on many rows are one statement each, in the order of the input', async () => {
  const { film_actor: parts } = tables;
  const rows = [
    { actor_id: 4, film_id: 5, billing: 2 },
    { actor_id: 4, film_id: 3, billing: 1, role: 'A penguin' },
  ];
  expect(await parts.bulkCreate(rows)).toEqual([{ ...rows[0], role: null }, rows[1]]);
  const changes = [
    { actor_id: 4, film_id: 5, role: 'A seal' },
    { actor_id: 4, film_id: 3, billing: 7 },
  ];
  expect(await parts.bulkUpdate(changes)).toEqual([
    { actor_id: 4, film_id: 5, billing: 2, role: 'A seal' },
    { actor_id: 4, film_id: 3, billing: 7, role: 'A penguin' },
  ]);
  await expect(parts.bulkUpdate([...changes, { actor_id: 4, film_id: 99, billing: 1 }])).rejects.toMatchObject({
    code: 'NOT_FOUND',
    field: 'actor_id and film_id',
    value: '4/99',
  });
  await expect(parts.bulkUpdate([...changes, { actor_id: 4, film_id: 3, billing: 1 }])).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(await parts.updateOrCreate({ actor_id: 4, film_id: 5 }, { billing: 9 })).toMatchObject({
    created: false,
    row: { billing: 9, role: 'A seal' },
  });
  expect(await parts.getOrCreate({ actor_id: 4, film_id: 4 }, { billing: 1 })).toMatchObject({ created: true });
  const all = await Array.fromAsync(parts.iterate({ where: { actor_id: 4 }, columns: ['film_id'], batchSize: 2 }));
  expect(all).toEqual([{ film_id: 3 }, { film_id: 4 }, { film_id: 5 }]);
  expect((await parts.last({ where: { actor_id: 4 } }))?.film_id).toBe(5);
  expect(await parts.delete({ actor_id: 4, film_id: { in: [3, 4, 5] } })).toBe(3);
});

test('rows whose keys the database makes come in the order of the input', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `Customer ${String(index).padStart(2, '0')}`);
  const rows = names.map((first_name) => ({ first_name, last_name: 'New', store_id: 1 }));
  const created = await tables.customer.bulkCreate(rows, { columns: ['first_name'] });
  expect(created.map(({ first_name }) => first_name)).toEqual(names);
  await tables.customer.delete({ last_name: 'New' });
});

test('what is declared by a key that does not exist does not compile', () => {
  // @ts-expect-error: columns that are no foreign key
  defineType('InvoiceLine', { invoice: belongsTo(['store_id', 'line']) });
  // @ts-expect-error: in another order than the key that they refer to
  defineType('InvoiceLine', { invoice: belongsTo(['invoice_number', 'store_id']) });
  const lines = { by: ['store_id', 'invoice_number'], orderBy: {} } as const;
  // @ts-expect-error: a foreign key to another table
  defineType('Film', { parts: hasMany('accounting.invoice_line', lines) });
  // @ts-expect-error: one column of two
  const change: Parameters<typeof tables.film_actor.save>[0] = { actor_id: 1, billing: 2 };
  const key: KeyText = toRowId('Film', idOf('Film', 1));
  // @ts-expect-error: any text is no key of a number
  const where: Parameters<typeof tables.film.get>[0] = { film_id: '1' };
  expect([change, where]).toHaveLength(2);
  expect({ film_id: key } satisfies Parameters<typeof tables.film.get>[0]).toEqual({ film_id: '1' });
});
