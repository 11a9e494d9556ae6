import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Id } from '../../../src/gather/database/column-types.ts';
import { Database } from '../../../src/gather/database/database.ts';
import { createTables } from '../../../src/gather/database/tables.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import type { TaskContext } from '../../../src/gather/jobs/task.ts';
import { createLog } from '../../../src/gather/monitoring/log.ts';
import { createServices, type ServiceClients } from '../../../src/gather/services/create-services.ts';
import { insertOrder } from '../../../src/smokehouse/orders/order-rows.ts';
import { prepareOrder } from '../../../src/smokehouse/orders/prepare-order.ts';
import { services as definitions } from '../../../src/smokehouse/services/index.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startTestWorker } from '../../helpers/worker.ts';

let gather: TestApp;
let clients: ServiceClients;

beforeAll(async () => {
  gather = await startTestApp();
  await gather.database.ask(`update item set status = 'ACTIVE', name = 'Item ' || id where id < 10`);
  const { promo, recommendations, pricing, inventory, suppliers } = gather.services.urls;
  clients = createServices(definitions, {
    promo: { url: promo },
    recommendations: { url: recommendations },
    pricing: { url: pricing },
    inventory: { url: inventory },
    suppliers: { url: suppliers },
  });
});
afterAll(async () => {
  await clients.close();
  await gather.close();
});

test('an order becomes READY, line by line, and says what it is at', async () => {
  const id = await order(2, 3);
  const reports: unknown[] = [];
  const context = toContext({ progress: (...report) => reports.push(report) });
  expect(await prepareOrder.run({ orderId: id }, context)).toEqual({ status: 'READY', lines: 2 });
  expect(reports).toEqual([
    [0, 'Smoking 2 × Item 1'],
    [0.5, 'Smoking 3 × Item 2'],
  ]);
  expect(await statusOf(id)).toBe('READY');
});

test('an order is PREPARING meanwhile, and stays so where an attempt is aborted; the next one finishes it', async () => {
  const id = await order(1, 1);
  const stop = new AbortController();
  const progress = vi.fn(() => stop.abort());
  await expect(prepareOrder.run({ orderId: id }, toContext({ signal: stop.signal, progress }))).rejects.toThrow();
  expect(progress).toHaveBeenCalledTimes(1);
  expect(await statusOf(id)).toBe('PREPARING');
  await prepareOrder.run({ orderId: id }, toContext());
  expect(await statusOf(id)).toBe('READY');
});

test('nothing is done again for an order that is READY', async () => {
  const id = await order(1, 1);
  await gather.database.ask(`update "order" set status = 'READY' where id = $1`, [id]);
  const progress = vi.fn();
  expect(await prepareOrder.run({ orderId: id }, toContext({ progress }))).toEqual({ status: 'READY', lines: 2 });
  expect(progress).not.toHaveBeenCalled();
});

test('an attempt that comes late does not take back what another one has finished', async () => {
  const id = await order(1);
  const other = await gather.database.pools.pool.connect();
  let status: Promise<string | undefined> | undefined;
  try {
    await other.query('begin');
    await other.query(`update "order" set status = 'READY' where id = $1`, [id]);
    const progress = () => {
      status = statusOf(id);
    };
    const late = prepareOrder.run({ orderId: id }, toContext({ progress }));
    await eventually(async () => expect(await findWaiting()).toHaveLength(1));
    await other.query('commit');
    await late;
  } finally {
    other.release();
  }
  expect(await status).toBe('READY');
});

test('an order that there is not is not tried again', async () => {
  const running = prepareOrder.run({ orderId: '999999' }, toContext());
  await expect(running).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false });
});

test.each(['', 'x', '1; drop table item', '9223372036854775808'])('the order %j is no input', (orderId) => {
  expect(prepareOrder.input.safeParse({ orderId }).success).toBe(false);
});

test('a worker prepares what was ordered', async () => {
  await using _worker = await startTestWorker(gather);
  gather.services.inventory.answer = { status: 200, body: { stock: { 'SKU-00001': 2, 'SKU-00002': 1 } } };
  const lines = [
    { itemId: btoa('Item:1'), quantity: 2 },
    { itemId: btoa('Item:2'), quantity: 1 },
  ];
  const { data } = await gather.query(
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { message } } }`,
    { input: { lines } },
  );
  expect(data.placeOrder.userErrors).toEqual([]);
  const fields = 'status job { state progress message result error { message } attempts }';
  const read = async () =>
    (await gather.query(`{ node(id: "${data.placeOrder.order.id}") { ... on Order { ${fields} } } }`)).data.node;
  await eventually(async () => expect((await read()).job.state).toBe('SUCCEEDED'));
  expect(await read()).toEqual({
    status: 'READY',
    job: {
      state: 'SUCCEEDED',
      progress: 1,
      message: 'Smoking 1 × Item 2',
      result: { status: 'READY', lines: 2 },
      error: null,
      attempts: 1,
    },
  });
});

/** Writes an order of these quantities of the first items. */
async function order(...quantities: number[]): Promise<Id> {
  const lines = quantities.map((quantity, index) => ({ itemId: String(index + 1), quantity }));
  const row = await insertOrder(gather.database.database, { owner: null, clientMutationId: null, lines });
  if (!row) throw new Error('Expected an order.');
  return row.id;
}

function toContext({
  signal = new AbortController().signal,
  progress = () => {},
}: Partial<Pick<TaskContext, 'signal' | 'progress'>> = {}): TaskContext {
  const database = new Database(gather.database.pools, signal);
  return {
    signal,
    progress,
    database,
    tables: createTables(database),
    log: createLog({ logFormat: 'none' }),
    services: clients.bind(signal),
    settings: { ABOUT_FILE: undefined },
    store: createLocalStore('nowhere'),
    fetchPublic: () => Promise.reject(new Error('Nothing is to be fetched.')),
    timeZone: 'UTC',
    attempt: 1,
  };
}

async function statusOf(id: Id): Promise<string | undefined> {
  const [row] = await gather.database.ask<{ status: string }>('select status from "order" where id = $1', [id]);
  return row?.status;
}

function findWaiting() {
  return gather.database.ask(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
}
