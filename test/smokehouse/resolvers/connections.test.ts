import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

interface Row {
  id: string;
  [column: string]: string | number | null;
}

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

interface Term {
  field: string;
  direction: 'ASC' | 'DESC';
}

interface PageArguments {
  first?: number;
  last?: number;
  after?: string | undefined;
  before?: string | undefined;
}

/** Reads one page of a list. */
type Read = (page: object) => Promise<Page>;

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
  // Ties of every kind, and times that differ in a microsecond only.
  await gather.database.ask(`
    update item set name = 'Tie', price = 9.99, calories = 250 where id % 7 = 0;
    update item set "createdAt" = '2026-01-01 00:00:00Z', "updatedAt" = '2026-01-01 00:00:00.000001Z' where id % 5 = 0;
    update item set "createdAt" = '2026-01-01 00:00:00.000001Z', "updatedAt" = '2026-01-01 00:00:00Z' where id % 5 = 1;
    insert into "order" (total) select n from generate_series(1, 7) n;
    insert into job (task, input, "deliveryId") select 'add', '{}', gen_random_uuid() from generate_series(1, 7)`);
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const PAGE = 'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const COLUMNS = {
  SKU: 'sku',
  NAME: 'name',
  STATUS: 'status',
  PRICE: 'price',
  CALORIES: 'calories',
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
};
const ORDERS: Term[][] = [
  [],
  ...Object.keys(COLUMNS).flatMap((field): Term[][] => [[{ field, direction: 'ASC' }], [{ field, direction: 'DESC' }]]),
  [
    { field: 'CALORIES', direction: 'DESC' },
    { field: 'PRICE', direction: 'ASC' },
  ],
  [
    { field: 'STATUS', direction: 'ASC' },
    { field: 'CALORIES', direction: 'ASC' },
    { field: 'NAME', direction: 'DESC' },
  ],
  [
    { field: 'NAME', direction: 'ASC' },
    { field: 'NAME', direction: 'DESC' },
  ],
];

test.each(ORDERS.map((orderBy) => [nameOf(orderBy), orderBy] as const))(
  'pages in the order %s join to the whole list, from either end',
  async (_, orderBy) => {
    const sorted = await sortInMemory(orderBy);
    const read = menuItems(orderBy);
    expect(await readForward(read, 23)).toEqual(sorted);
    expect(await readBackward(read, 23)).toEqual(sorted);
  },
);

test.each(ORDERS.map((orderBy) => [nameOf(orderBy), orderBy] as const))(
  'the first and the last in the order %s are the ends of the whole list',
  async (_, orderBy) => {
    const sorted = await sortInMemory(orderBy);
    const { data } = await gather.query(
      'query ($orderBy: [ItemOrder!]) { menu { first(orderBy: $orderBy) { id } last(orderBy: $orderBy) { id } } }',
      { orderBy },
    );
    expect([data.menu.first.id, data.menu.last.id]).toEqual([sorted[0], sorted.at(-1)]);
  },
);

test('rows inserted and deleted between pages neither repeat nor hide others', async () => {
  const read = menuItems([{ field: 'PRICE', direction: 'ASC' }], { name: { startsWith: 'Page ' } });
  const insert = (name: string, price: number) =>
    gather.database.ask(`insert into item (sku, name, price, "supplierId") values ($1, $1, $2, 1)`, [name, price]);
  for (let price = 10; price < 22; price++) await insert(`Page ${price}`, price);
  const before = await readForward(read, 100);

  const first = await read({ first: 4 });
  await insert('Page before', 10.5);
  await insert('Page after', 20.5);
  // The row that gave the cursor, too.
  await gather.database.ask(`delete from item where name in ('Page 11', 'Page 13', 'Page 15')`);
  const second = await read({ first: 4, after: first.pageInfo.endCursor });
  const third = await read({ first: 4, after: second.pageInfo.endCursor });

  const [inserted] = await gather.database.ask<{ id: string }>(`select id from item where name = 'Page after'`);
  expect(idsOf(first)).toEqual(before.slice(0, 4));
  expect(idsOf(second)).toEqual([before[4], ...before.slice(6, 9)]);
  expect(idsOf(third)).toEqual([before[9], before[10], btoa(`Item:${inserted?.id}`), before[11]]);
  expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });

  const back = await read({ last: 3, before: third.pageInfo.startCursor });
  expect(idsOf(back)).toEqual(idsOf(second).slice(1));
  await gather.database.ask(`delete from item where name like 'Page %'`);
});

const LISTS = ['menu.items', 'tasks', 'orders', 'jobs', 'item.reviews', 'supplier.items', 'customer.reviews'];

describe.each(LISTS)('the pages of %s', (name) => {
  test('are what the Relay specification says, for every combination of the four arguments', async () => {
    const read = await readerOf(name);
    const all = await readEdges(read);
    expect(all.length).toBeGreaterThan(4);
    const last = all.length - 1;
    const sizes = [0, 1, 2, 3, Math.min(all.length, 100)].flatMap((size) => [{ first: size }, { last: size }]);
    const after = [undefined, ...[0, 1, 3, last].map((index) => all[index]?.cursor)].map((cursor) => ({
      after: cursor,
    }));
    const before = after.map((it) => ({ before: it.after }));
    const pages = [{}, ...sizes].flatMap((size) =>
      after.flatMap((from) => before.map((to): PageArguments => ({ ...size, ...from, ...to }))),
    );
    expect(pages).toHaveLength(11 * 5 * 5);
    for (const page of pages) {
      const found = await read(page);
      const { edges, hasPreviousPage, hasNextPage } = toRelayPage(all, page);
      expect(found.edges, JSON.stringify(page)).toEqual(edges);
      expect(found.nodes).toEqual(edges.map(({ node }) => node));
      expect(found.pageInfo, JSON.stringify(page)).toEqual({
        hasPreviousPage,
        hasNextPage,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      });
    }
  });

  test('come to an end between two cursors, from either end', async () => {
    const read = await readerOf(name);
    const { edges } = await read({ first: 5 });
    const ids = edges.map(({ node }) => node.id);
    expect(await readForward((page) => read({ before: edges[2]?.cursor, ...page }), 2)).toEqual(ids.slice(0, 2));
    expect(await readForward((page) => read({ before: edges[3]?.cursor, ...page }), 2)).toEqual(ids.slice(0, 3));
    expect(
      await readBackward((page) => read({ after: edges[0]?.cursor, before: edges[4]?.cursor, ...page }), 2),
    ).toEqual(ids.slice(1, 4));
    const whole = await readForward(read, 5);
    const end = await readBackward((page) => read({ after: edges[2]?.cursor, ...page }), 7);
    expect(end).toEqual(whole.slice(3));
    expect(await readBackward(read, 5)).toEqual(whole);
  });
});

test('a page has twenty rows unless another number is given', async () => {
  expect((await menuItems([])({})).nodes).toHaveLength(20);
  expect((await menuItems([])({ first: null, last: null })).nodes).toHaveLength(20);
});

test.each(LISTS)('a page of %s has 0 to 100 rows, counted from one end', async (name) => {
  const refused: [object, string][] = [
    [{ first: -1 }, 'Expected `first` from 0 to 100, got -1.'],
    [{ first: 101 }, 'Expected `first` from 0 to 100, got 101.'],
    [{ last: -1 }, 'Expected `last` from 0 to 100, got -1.'],
    [{ last: 101 }, 'Expected `last` from 0 to 100, got 101.'],
    [{ first: 1, last: 1 }, 'Expected either `first` or `last`, got both.'],
  ];
  const read = await readerOf(name);
  gather.cost();
  for (const [page, message] of refused) {
    await expect(read(page)).rejects.toMatchObject({
      message,
      extensions: { code: 'INVALID_INPUT', retryable: false },
    });
  }
  expect(gather.cost().statements.filter((text) => text.includes('limit'))).toEqual([]);
});

test.each(LISTS)('a cursor that is not from a page of %s is refused', async (name) => {
  const read = await readerOf(name);
  const other = await menuItems([{ field: 'PRICE', direction: 'DESC' }])({ first: 1 });
  const garbage = ['', 'nonsense', '🍖', cursorOf(), cursorOf(1), cursorOf('id:asc'), cursorOf('id:desc'), btoa('{}')];
  for (const cursor of [...garbage, cursorOf('id:asc', 'x'), cursorOf('id:desc', 'x'), other.edges[0]?.cursor]) {
    for (const page of [{ after: cursor }, { last: 2, before: cursor }]) {
      await expect(read(page), cursor).rejects.toMatchObject({
        extensions: { code: 'INVALID_INPUT', retryable: false },
      });
    }
  }
});

test.each(Object.entries(COLUMNS))('a cursor forged for the order by %s is refused', async (field, column) => {
  const order = `${column}:asc,id:asc`;
  const values = [cursorOf(order, 'a\0', '1'), cursorOf(order, null), cursorOf(order, '1', '1', '1')];
  if (!['sku', 'name', 'status'].includes(column)) values.push(cursorOf(order, 'x', '1'), cursorOf(order, true, '1'));
  values.push(cursorOf(order, '2026-99-99 00:00:00+00', 'x'), cursorOf(order, '1', '9'.repeat(30)));
  for (const after of values) {
    const page = menuItems([{ field, direction: 'ASC' }])({ after });
    await expect(page, atob(after)).rejects.toMatchObject({ extensions: { code: 'INVALID_INPUT' } });
  }
});

test('a cursor is only good for the order that it came from', async () => {
  const { pageInfo } = await menuItems([{ field: 'PRICE', direction: 'ASC' }])({ first: 3 });
  const elsewhere = menuItems([{ field: 'NAME', direction: 'ASC' }])({ after: pageInfo.endCursor });
  await expect(elsewhere).rejects.toMatchObject({ extensions: { code: 'INVALID_INPUT' } });
});

test('a cursor that is refused costs its own list, and not those of other parents', async () => {
  const { data, errors } = await gather.query(`{
    good: item(by: { sku: "SKU-00001" }) { reviews(first: 1) { nodes { rating } } }
    bad: item(by: { sku: "SKU-00002" }) { reviews(first: 1, after: "nonsense") { nodes { rating } } }
  }`);
  expect(data.good.reviews.nodes).toHaveLength(1);
  expect(data.bad).toEqual({ reviews: null });
  expect(errors).toEqual([expect.objectContaining({ path: ['bad', 'reviews'] })]);
});

test('all that there is on all pages is counted, and only where it is asked for', async () => {
  const query = (total: string) => `{
    menu(where: { status: { eq: ACTIVE } }) { count items(first: 1) { nodes { id } ${total} } }
    tasks(first: 1, done: true) { nodes { id } ${total} }
  }`;
  await gather.query(query(''));
  expect(gather.cost().statements).toHaveLength(3);
  const { data } = await gather.query(query('totalCount'));
  expect(gather.cost().statements).toHaveLength(5);
  expect(data.menu.items.totalCount).toBe(data.menu.count);
  const [done] = await gather.database.ask<{ count: number }>('select count(*)::int as count from task where done');
  expect(data.tasks.totalCount).toBe(done?.count);
});

test('a count alone reads no page', async () => {
  await gather.query('{ menu { items { totalCount } } }');
  expect(gather.cost().statements).toHaveLength(1);
});

test('the lists of all parents are counted in one statement', async () => {
  const { data } = await gather.query(
    '{ menu { items(first: 20) { nodes { sku reviews(first: 1) { totalCount } } } } }',
  );
  expect(gather.cost().statements).toHaveLength(2);
  const counts = await gather.database.ask(`
    select sku, json_build_object('totalCount', count(review)) as reviews
    from item left join review on review."itemId" = item.id where item.id <= 20 group by item.id order by item.id`);
  expect(data.menu.items.nodes).toEqual(counts);
});

test('a parent without rows has an empty page', async () => {
  await gather.database.ask(`insert into supplier (name, city) values ('New', 'Town')`);
  const [row] = await gather.database.ask<{ id: string }>(`select id from supplier where name = 'New'`);
  const { data } = await gather.query(
    `query ($id: ID!) { node(id: $id) { ... on Supplier { items { ${PAGE} totalCount } } } }`,
    { id: btoa(`Supplier:${row?.id}`) },
  );
  expect(data.node.items).toEqual({
    edges: [],
    nodes: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    totalCount: 0,
  });
});

test('pages of one level are a statement for each end and each cursor, of whatever size', async () => {
  const first = await (await readerOf('item.reviews'))({ first: 1 });
  gather.cost();
  const { data, errors } = await gather.query(
    `query ($after: String) { menu { items(first: 5) { nodes {
      a: reviews(first: 2) { nodes { id } } b: reviews(first: 3, after: $after) { nodes { id } }
      c: reviews(last: 2) { nodes { id } } d: reviews(last: 4, before: $after) { nodes { id } }
      e: reviews(first: 4, after: $after) { nodes { id } } f: reviews(last: 1) { nodes { id } }
    } } } }`,
    { after: first.pageInfo.endCursor },
  );
  expect(errors).toBeUndefined();
  expect(data.menu.items.nodes).toHaveLength(5);
  expect(gather.cost().statements).toHaveLength(5);
});

test('reviews are newest first, a supplier has items and the shop tasks in the order of their creation', async () => {
  const keysOf = async (name: string) =>
    (await readForward(await readerOf(name), 50)).map((id) => Number(atob(id).split(':')[1]));
  const ascending = (keys: number[]) => keys.toSorted((a, b) => a - b);
  for (const name of ['supplier.items', 'tasks']) expect(await keysOf(name)).toEqual(ascending(await keysOf(name)));
  for (const name of ['item.reviews', 'customer.reviews']) {
    expect(await keysOf(name)).toEqual(ascending(await keysOf(name)).toReversed());
  }
});

function menuItems(orderBy: Term[], where: object = {}): Read {
  return async (page) => {
    const { data, errors } = await gather.query(
      `query ($orderBy: [ItemOrder!], $where: ItemWhere, $first: Int, $after: String, $last: Int, $before: String) {
        menu(where: $where) { items(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) { ${PAGE} } }
      }`,
      { orderBy, where, ...page },
    );
    if (errors?.[0]) throw errors[0];
    return data.menu.items;
  };
}

/** Reads pages of a list, of some parent where it has one. */
async function readerOf(name: string): Promise<Read> {
  const [type = '', field] = name.split('.');
  if (type === 'menu') return menuItems([]);
  const typeName = `${type[0]?.toUpperCase()}${type.slice(1)}`;
  const list = `${field ?? type}(first: $first, after: $after, last: $last, before: $before) { ${PAGE} }`;
  const query = field ? `list: node(id: "${btoa(`${typeName}:1`)}") { ... on ${typeName} { ${list} } }` : list;
  return async (page) => {
    const { data, errors } = await gather.query(
      `query ($first: Int, $after: String, $last: Int, $before: String) { ${query} }`,
      { ...page },
    );
    if (errors?.[0]) throw errors[0];
    return field ? data.list[field] : data[type];
  };
}

/**
 * The algorithm of https://relay.dev/graphql/connections.htm#sec-Pagination-algorithm over a whole list in memory.
 * Without `first` and `last` it is `first: 20`; a cursor that something is sought beyond has its own row before it.
 */
function toRelayPage(all: Page['edges'], { first, last, after, before }: PageArguments) {
  const from = after === undefined ? 0 : all.findIndex(({ cursor }) => cursor === after) + 1;
  const to = before === undefined ? all.length : all.findIndex(({ cursor }) => cursor === before);
  const between = all.slice(from, Math.max(from, to));
  if (last !== undefined) {
    const edges = last === 0 ? [] : between.slice(-last);
    return { edges, hasPreviousPage: between.length > last, hasNextPage: before !== undefined };
  }
  const size = first ?? 20;
  return { edges: between.slice(0, size), hasPreviousPage: after !== undefined, hasNextPage: between.length > size };
}

async function readForward(read: Read, first: number): Promise<string[]> {
  const ids: string[] = [];
  let page: Page | undefined;
  do {
    page = await read({ first, ...(page && { after: page.pageInfo.endCursor }) });
    ids.push(...idsOf(page));
    expect(new Set(ids)).toHaveLength(ids.length);
  } while (page.pageInfo.hasNextPage);
  return ids;
}

async function readEdges(read: Read): Promise<Page['edges']> {
  const edges: Page['edges'] = [];
  await readForward(async (page) => {
    const found = await read(page);
    edges.push(...found.edges);
    return found;
  }, 100);
  return edges;
}

async function readBackward(read: Read, last: number): Promise<string[]> {
  const ids: string[] = [];
  let page: Page | undefined;
  do {
    page = await read({ last, ...(page && { before: page.pageInfo.startCursor }) });
    ids.unshift(...idsOf(page));
    expect(new Set(ids)).toHaveLength(ids.length);
  } while (page.pageInfo.hasPreviousPage);
  return ids;
}

function idsOf({ nodes }: Page): string[] {
  return nodes.map(({ id }) => id);
}

/** The IDs of all items, sorted without the database: nulls above all values, ties the way that the last term goes. */
async function sortInMemory(orderBy: Term[]): Promise<string[]> {
  const rows = await gather.database.ask<Row>(
    `select id::int, sku, name, status, price::float8, calories, extract(epoch from "createdAt")::text as "createdAt",
       extract(epoch from "updatedAt")::text as "updatedAt" from item`,
  );
  const terms = orderBy.map(({ field, direction }) => [COLUMNS[field as keyof typeof COLUMNS], direction] as const);
  const all = [...terms, ['id', orderBy.at(-1)?.direction ?? 'ASC'] as const];
  return rows
    .toSorted((a, b) => {
      for (const [column, direction] of all) {
        const difference = compare(a[column] ?? null, b[column] ?? null);
        if (difference !== 0) return direction === 'ASC' ? difference : -difference;
      }
      return 0;
    })
    .map(({ id }) => btoa(`Item:${id}`));
}

function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

function cursorOf(...parts: unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function nameOf(orderBy: Term[]): string {
  return orderBy.map(({ field, direction }) => `${field} ${direction}`).join(', ') || 'of the IDs';
}
