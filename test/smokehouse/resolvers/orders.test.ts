import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PATIENT, startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import type { Fault } from '../../helpers/services.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startShop(PATIENT);
  // The first job of a server connects it to the queue, which is no part of the cost of an order.
  await place({ lines: [line(1)] });
});
beforeEach(() => {
  gather.services.reset();
  stockUp(100_000);
  gather.cost();
});
afterAll(() => gather.close());

const ORDER = `id status total createdAt
  lines { quantity price total item { id sku } } job { id task state input }`;

describe('placeOrder', () => {
  test('writes the order, its lines and its job, and enqueues that', async () => {
    const { order, userErrors } = await place({ lines: [line(3, 2), line(5)] });
    expect(userErrors).toEqual([]);
    const [three, five] = [await priceOf(3), await priceOf(5)];
    expect(order).toEqual({
      id: expect.any(String),
      status: 'PLACED',
      total: toDecimal(2n * three + five),
      createdAt: expect.any(String),
      lines: [
        { quantity: 2, price: toDecimal(three), total: toDecimal(2n * three), item: { id: item(3), sku: 'SKU-00003' } },
        { quantity: 1, price: toDecimal(five), total: toDecimal(five), item: { id: item(5), sku: 'SKU-00005' } },
      ],
      job: { id: expect.any(String), task: 'prepareOrder', state: 'PENDING', input: { orderId: rowOf(order?.id) } },
    });
    expect(Math.abs(Date.parse(order?.createdAt ?? '') - Date.now())).toBeLessThan(60_000);
    expect(await deliveries(order)).toHaveLength(1);
  });

  test('costs one call for the stock, and one statement for each thing that is read or written', async () => {
    await run({ clientMutationId: 'cost', lines: [line(1), line(2), line(3)] }, 'id status total');
    const { statements, requests } = gather.cost();
    expect(requests).toEqual(['/stock?skus=SKU-00001,SKU-00002,SKU-00003']);
    expect(statements.map((text) => text.trim())).toEqual([
      expect.stringContaining('"hasSameLines"'),
      expect.stringMatching(/^select "id", "sku", "status" from "public"."item"/),
      'begin',
      expect.stringContaining('insert into "public"."orderLine"'),
      expect.stringContaining('insert into "gather"."job"'),
      expect.stringContaining('pgboss'),
      expect.stringMatching(/^update "public"."order"/),
      'commit',
    ]);
  });

  test('costs the same for a hundred lines', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => line(index + 1));
    await run({ clientMutationId: 'hundred', lines }, 'id');
    const { statements, requests } = gather.cost();
    expect(requests).toHaveLength(1);
    expect(statements).toHaveLength(8);
  });

  test('asks for the stock outside the transaction', async () => {
    gather.services.inventory.fault = 'hang';
    const leaving = new AbortController();
    const answer = send({ lines: [line(1)] }, 'id', { signal: leaving.signal });
    await eventually(() => expect(gather.services.inventory.open).toHaveLength(1));
    expect(gather.database.statements().filter((text) => text === 'begin')).toEqual([]);
    leaving.abort();
    await expect(answer).rejects.toThrow();
  });

  test('is exact where a float is not', async () => {
    await gather.database.ask(`update item set price = 9999999999.99 where id = 10`);
    await gather.database.ask(`update item set price = 0.07 where id = 11`);
    await gather.database.ask(`update item set price = 0 where id = 12`);
    const { order } = await place({
      lines: [...Array.from({ length: 98 }, () => line(10, 1000)), line(11, 3), line(12, 5)],
    });
    expect(order?.total).toBe('979999999999020.21');
    expect(order?.lines.slice(-3).map(({ total }) => total)).toEqual(['9999999999990.00', '0.21', '0.00']);
  });

  test('takes an item that comes in two lines', async () => {
    const { order } = await place({ lines: [line(7), line(8), line(7, 2)] });
    expect(order?.lines.map(({ item, quantity }) => [item.sku, quantity])).toEqual([
      ['SKU-00007', 1],
      ['SKU-00008', 1],
      ['SKU-00007', 2],
    ]);
  });

  test('keeps the prices of its moment', async () => {
    const { order } = await place({ lines: [line(20)] });
    await gather.database.ask('update item set price = price + 1 where id = 20');
    const { data } = await gather.query(`{ node(id: "${order?.id}") { ... on Order { total lines { price } } } }`);
    expect(data.node).toEqual({ total: order?.total, lines: [{ price: order?.lines[0]?.price }] });
  });
});

describe('an order that cannot be placed', () => {
  test('names each line whose item is not there or not ACTIVE, and each that asks for too many', async () => {
    stockUp(3);
    const lines = [line(1), line(999_999), line(101), line(2, 4), line(102), line(3, 2), line(3, 2)];
    const { userErrors, cost } = await refused({ lines });
    expect(userErrors).toEqual([
      { code: 'NOT_FOUND', message: 'There is no item with this ID.', field: ['lines', '1', 'itemId'] },
      notActive(2, 'RETIRED'),
      notActive(4, 'DRAFT'),
      tooMany(3, 3, 4),
      tooMany(6, 3, 4),
    ]);
    expect(cost).toEqual({
      statements: [expect.stringContaining('from "public"."item"')],
      requests: ['/stock?skus=SKU-00001,SKU-00002,SKU-00003'],
    });
  });

  test('may ask for all that there is, and not for one more', async () => {
    stockUp(3);
    expect((await place({ lines: [line(1, 1), line(1, 2)] })).userErrors).toEqual([]);
    expect((await refused({ lines: [line(1, 1), line(1, 3)] })).userErrors).toEqual([tooMany(1, 3, 4)]);
  });

  test('asks for none of an item that the inventory service does not know', async () => {
    gather.services.inventory.answer = { status: 200, body: { stock: {} } };
    expect((await refused({ lines: [line(1)] })).userErrors).toEqual([tooMany(0, 0, 1)]);
  });

  test('does not ask for stock where no item can be ordered', async () => {
    gather.services.inventory.fault = 'error';
    const { userErrors, cost } = await refused({ lines: [line(101)] });
    expect(userErrors).toEqual([notActive(0, 'RETIRED')]);
    expect(cost.requests).toEqual([]);
  });

  test.each<[object, string[], string]>([
    [{ lines: [] }, ['lines'], 'Expected 1 to 100 lines, got none.'],
    [{ lines: Array(101).fill(line(1)) }, ['lines'], 'Expected 1 to 100 lines, got 101.'],
    [{ lines: [line(1), line(1, 0)] }, ['lines', '1', 'quantity'], 'Expected 1 to 1,000, got 0.'],
    [{ lines: [line(1, 1001)] }, ['lines', '0', 'quantity'], 'Expected 1 to 1,000, got 1001.'],
    [
      { lines: [{ itemId: btoa('Supplier:1'), quantity: 1 }] },
      ['lines', '0', 'itemId'],
      'Expected the ID of an object of type Item, got one of Supplier.',
    ],
    [{ clientMutationId: '', lines: [line(1)] }, ['clientMutationId'], 'Expected 1 to 100 characters, got 0.'],
    [
      { clientMutationId: 'x'.repeat(101), lines: [line(1)] },
      ['clientMutationId'],
      'Expected 1 to 100 characters, got 101.',
    ],
  ])('is refused before anything is asked: case %#', async (input, field, message) => {
    const { userErrors, cost } = await refused(input);
    expect(userErrors).toEqual([{ code: 'INVALID_INPUT', message, field }]);
    expect(cost).toEqual({ statements: [], requests: [] });
  });

  describe('while the inventory service fails', () => {
    let shared: TestApp;

    // A server of its own for each, because a breaker remembers what happened before.
    beforeEach(async () => {
      shared = gather;
      gather = await startShop({ serviceTimeoutMs: 500 });
      stockUp(100_000);
    });
    afterEach(async () => {
      await gather.close();
      gather = shared;
    });

    test.each<[Fault, string]>([
      ['hang', 'UPSTREAM_TIMEOUT'],
      ['error', 'UPSTREAM_UNAVAILABLE'],
      ['garbage', 'UPSTREAM_INVALID'],
      ['dead', 'UPSTREAM_UNAVAILABLE'],
    ])('(%s) is said to be so, and stands once it is sent again', async (fault, code) => {
      const input = { clientMutationId: `fault-${fault}`, lines: [line(1), line(101)] };
      gather.services.inventory.fault = fault;
      const { userErrors } = await refused(input);
      expect(userErrors).toEqual([
        notActive(1, 'RETIRED'),
        { code, message: expect.stringMatching(/^Nothing was ordered.* inventory .*sent again\.$/), field: null },
      ]);
      gather.services.inventory.fault = undefined;
      const again = { ...input, lines: [line(1)] };
      await eventually(async () => expect((await place(again)).userErrors).toEqual([]));
    });
  });

  test('finds an item that is taken off the menu while the stock is asked for', async () => {
    const changed = Promise.withResolvers<void>();
    gather.services.inventory.gate = changed.promise;
    const answer = refused({ lines: [line(30), line(31)] });
    await eventually(() => expect(gather.services.inventory.open).toHaveLength(1));
    await gather.database.ask(`update item set status = 'RETIRED' where id = 31`);
    changed.resolve();
    expect((await answer).userErrors).toEqual([notActive(1, 'RETIRED')]);
    await gather.database.ask(`update item set status = 'ACTIVE' where id = 31`);
  });

  test('waits for a change of an item that is under way, and takes its outcome', async () => {
    const bystander = await gather.database.pools.pool.connect();
    try {
      await bystander.query(
        `begin; update item set price = 77.70 where id = 32; update item set status = 'DRAFT' where id = 33`,
      );
      const [changed, gone] = [place({ lines: [line(32)] }), place({ lines: [line(33)] })];
      await untilWaiting(2);
      await bystander.query('commit');
      expect((await changed).order?.total).toBe('77.70');
      expect(await gone).toEqual({ order: null, userErrors: [notActive(0, 'DRAFT')] });
    } finally {
      bystander.release();
    }
  });

  test.each(['insert on "orderLine"', 'insert on job', 'insert on gather_jobs.job', 'update on "order"'])(
    'leaves nothing behind where PostgreSQL refuses an %s',
    async (write) => {
      const input = { clientMutationId: write, lines: [line(1), line(2)] };
      const before = await everything();
      await gather.database.ask(`
        create function refuse() returns trigger language plpgsql as $$ begin raise 'No more of this.'; end $$;
        create trigger refuse before ${write} for each row execute function refuse()`);
      try {
        const { data, errors } = await send(input, 'id');
        expect(data).toEqual({ placeOrder: null });
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
      } finally {
        await gather.database.ask('drop function refuse cascade');
      }
      expect(await everything()).toEqual(before);
      expect((await place(input)).userErrors).toEqual([]);
    },
  );
});

describe('the same clientMutationId again', () => {
  test('gives the same order, in one statement, whatever has become of its items and of the stock', async () => {
    const input = { clientMutationId: 'twice', lines: [line(40, 2), line(41)] };
    const { order } = await place(input);
    await gather.database.ask(`update item set status = 'RETIRED', price = price + 1 where id = 40`);
    stockUp(0);
    gather.cost();
    const again = await run(input, 'id status total');
    expect(gather.cost()).toEqual({ statements: [expect.stringContaining('"hasSameLines"')], requests: [] });
    expect(again).toEqual({ order: { id: order?.id, status: 'PLACED', total: order?.total }, userErrors: [] });
    expect(await deliveries(order)).toHaveLength(1);
  });

  test('twenty times at once makes one order with one job', async () => {
    const before = await everything();
    const input = { clientMutationId: 'twenty', lines: [line(50, 2), line(51)] };
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(input)));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
    expect(new Set(answers.map(({ order }) => order?.job.id)).size).toBe(1);
    expect(await everything()).toEqual({
      orders: before.orders + 1,
      lines: before.lines + 2,
      jobs: before.jobs + 1,
      deliveries: before.deliveries + 1,
    });
  });

  test.each<[string, object[]]>([
    ['another quantity', [line(60, 2), line(61)]],
    ['another item', [line(60), line(62)]],
    ['another order of lines', [line(61), line(60)]],
    ['a line more', [line(60), line(61), line(61)]],
    ['a line less', [line(60)]],
  ])('with %s is a conflict', async (_, lines) => {
    const clientMutationId = 'other lines';
    await place({ clientMutationId, lines: [line(60), line(61)] });
    const { userErrors } = await refused({ clientMutationId, lines });
    expect(userErrors).toEqual([
      {
        code: 'CONFLICT',
        message: 'Expected a new ID for each order, got "other lines", which another order has.',
        field: ['clientMutationId'],
      },
    ]);
  });

  test('with other lines at once places one of the two', async () => {
    const clientMutationId = 'rivals';
    const answers = await Promise.all([70, 71].map((id) => place({ clientMutationId, lines: [line(id)] })));
    expect(answers.filter(({ order }) => order)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([
      expect.objectContaining({ code: 'CONFLICT', field: ['clientMutationId'] }),
    ]);
  });

  test('is needed: without one, two requests are two orders', async () => {
    const [one, other] = [await place({ lines: [line(80)] }), await place({ lines: [line(80)] })];
    expect(one.order?.id).not.toBe(other.order?.id);
  });
});

describe('orders', () => {
  test('are listed newest first, by pages', async () => {
    const ids: string[] = [];
    for (const id of [90, 91, 92]) ids.unshift((await place({ lines: [line(id)] })).order?.id ?? '');
    const page = '{ nodes { id } pageInfo { endCursor hasNextPage } totalCount }';
    const { data: first } = await gather.query(`{ orders(first: 2) ${page} }`);
    expect(first.orders.nodes).toEqual(ids.slice(0, 2).map((id) => ({ id })));
    const { orders } = await everything();
    expect(first.orders).toMatchObject({ totalCount: orders, pageInfo: { hasNextPage: true } });
    const { data: next } = await gather.query(
      `{ orders(first: 1, after: "${first.orders.pageInfo.endCursor}") ${page} }`,
    );
    expect(next.orders.nodes).toEqual([{ id: ids[2] }]);
  });

  test('with their lines, items and jobs are four statements, however many they are', async () => {
    for (const id of [93, 94, 95, 96]) await place({ lines: [line(id), line(97)] });
    const fields = '{ nodes { total lines { quantity price total item { name } } job { state } } }';
    gather.cost();
    for (const first of [1, 20]) {
      const { data, errors } = await gather.query(`{ orders(first: ${first}) ${fields} }`);
      expect(errors).toBeUndefined();
      expect(data.orders.nodes.length).toBeLessThanOrEqual(first);
      expect(gather.cost()).toEqual({
        statements: [
          expect.stringContaining('from "public"."order"'),
          expect.stringMatching(/from "(public"."orderLine|gather"."job)"/),
          expect.stringMatching(/from "(public"."orderLine|gather"."job)"/),
          expect.stringContaining('from "public"."item"'),
        ],
        requests: [],
      });
    }
  });

  test('have no job any more once that is deleted', async () => {
    const { order } = await place({ lines: [line(98)] });
    await gather.database.ask('delete from job where id = $1', [rowOf(order?.job.id)]);
    const { data } = await gather.query(`{ node(id: "${order?.id}") { ... on Order { status job { id } } } }`);
    expect(data.node).toEqual({ status: 'PLACED', job: null });
  });

  test('keep their items from being deleted', async () => {
    await place({ lines: [line(99)] });
    const { data } = await gather.query(
      `mutation { deleteItem(input: { id: "${item(99)}" }) { deletedId userErrors { code message field } } }`,
    );
    expect(data.deleteItem).toEqual({
      deletedId: null,
      userErrors: [{ code: 'CONFLICT', message: 'It is still in use by orderLine.', field: ['id'] }],
    });
  });
});

interface Order {
  id: string;
  status: string;
  total: string;
  createdAt: string;
  lines: { quantity: number; price: string; total: string; item: { id: string; sku: string } }[];
  job: { id: string };
}

interface Payload {
  order: Order | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}

function place(input: object): Promise<Payload> {
  return run(input, ORDER);
}

async function run(input: object, fields: string): Promise<Payload> {
  const { data, errors } = await send(input, fields);
  expect(errors).toBeUndefined();
  return data.placeOrder;
}

/** Places an order that is to be refused, sees that nothing is written, and gives its faults and what they cost. */
async function refused(input: object) {
  const before = await everything();
  gather.cost();
  const { order, userErrors } = await place(input);
  const cost = gather.cost();
  expect(order).toBeNull();
  expect(await everything()).toEqual(before);
  return { userErrors, cost };
}

function send(input: object, fields: string, init: RequestInit = {}) {
  return gather.query(
    `mutation ($input: PlaceOrderInput!) {
      placeOrder(input: $input) { order { ${fields} } userErrors { code message field } }
    }`,
    { input },
    init,
  );
}

async function startShop(config: Parameters<typeof startTestApp>[0]): Promise<TestApp> {
  const app = await startTestApp(config);
  await app.database.ask(
    `update item set status = case id when 101 then 'RETIRED' when 102 then 'DRAFT' else 'ACTIVE' end`,
  );
  return app;
}

async function everything() {
  const [counts] = await gather.database.ask<Record<'orders' | 'lines' | 'jobs' | 'deliveries', number>>(`
    select (select count(*)::int from "order") as orders, (select count(*)::int from "orderLine") as lines,
      (select count(*)::int from job) as jobs, (select count(*)::int from gather_jobs.job) as deliveries`);
  if (!counts) throw new Error('Expected counts.');
  return counts;
}

function deliveries(order: Order | null) {
  return gather.database.ask(`select from gather_jobs.job where data ->> 'jobId' = $1`, [rowOf(order?.job.id)]);
}

/** In cents. */
async function priceOf(id: number): Promise<bigint> {
  const [row] = await gather.database.ask<{ cents: string }>(
    'select (price * 100)::bigint as cents from item where id = $1',
    [id],
  );
  return BigInt(row?.cents ?? 0);
}

function toDecimal(cents: bigint): string {
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}

/** Gives every item so many units. */
function stockUp(units: number): void {
  const skus = Array.from({ length: 200 }, (_, index) => `SKU-${String(index + 1).padStart(5, '0')}`);
  const stock = Object.fromEntries(skus.map((sku) => [sku, units]));
  gather.services.inventory.answer = { status: 200, body: { stock } };
}

async function untilWaiting(count: number): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await eventually(async () => expect(await gather.database.ask(waiting)).toHaveLength(count));
}

function notActive(index: number, status: string) {
  const message = `Expected an item that is ACTIVE, got one that is ${status}.`;
  return { code: 'INVALID_INPUT', message, field: ['lines', String(index), 'itemId'] };
}

function tooMany(index: number, units: number, ordered: number) {
  const message = `Expected at most ${units} of this item, which are in stock, got ${ordered}.`;
  return { code: 'INVALID_INPUT', message, field: ['lines', String(index), 'quantity'] };
}

function line(id: number, quantity = 1) {
  return { itemId: item(id), quantity };
}

function item(id: number): string {
  return btoa(`Item:${id}`);
}

function rowOf(globalId: string | undefined): string | undefined {
  return atob(globalId ?? '').split(':')[1];
}
