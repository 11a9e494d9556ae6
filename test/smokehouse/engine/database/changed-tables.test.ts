import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../../helpers/app.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { startTestWorker } from '../../../helpers/worker.ts';

let gather: TestApp;
let worker: AsyncDisposable;
let url: string;

beforeAll(async () => {
  // One that has everything prepared.
  gather = await startTestApp({ databaseConnections: 1 });
  ({ url } = await gather.app.start());
  worker = await startTestWorker(gather);
  await gather.database.ask(`update item set status = 'ACTIVE' where id = 1`);
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await gather.close();
});

const ITEM = btoa('Item:1');
const DONE = 'userErrors { code message }';

/** One request of each kind, as clients send them while servers run. */
async function useEverything(): Promise<void> {
  const read = await gather.query(`{
    menu { items(first: 2) { nodes { id sku name description status price calories version createdAt updatedAt
      supplier { name } reviews(first: 1) { nodes { id text customer { name } } totalCount } averageRating } totalCount }
      first { name } price { average } }
    tasks(first: 2) { nodes { id title } } orders(first: 2) { nodes { id total job { id state } lines { quantity } } }
    jobs(first: 2) { nodes { id state task } } schedules { name lastJob { id } }
    node(id: "${ITEM}") { ... on Item { sku photo { id } } }
  }`);
  expect(read.errors).toBeUndefined();
  const key = randomUUID();
  const order = `placeOrder(input: { clientMutationId: "${key}", lines: [{ itemId: "${ITEM}", quantity: 1 }] }) {
    order { id total createdAt job { id } } ${DONE} }`;
  const { data, errors } = await gather.query(`mutation {
    add(x: 1, y: 2) { job { id } ${DONE} }
    ${order} again: ${order}
    createTask(input: { title: "Sweep" }) { task { id } ${DONE} }
    addReview(input: { itemId: "${ITEM}", customerId: "${btoa('Customer:1')}", rating: 5, text: "Good" }) { ${DONE} }
    createUpload(input: { name: "a.txt", size: 3 }) { upload { url } ${DONE} }
    updateOrCreateItem(input: { sku: "NEW", name: "New", description: "", status: DRAFT, price: "1",
      supplierId: "${btoa('Supplier:1')}" }) { item { id version } ${DONE} }
  }`);
  expect(errors).toBeUndefined();
  for (const { userErrors } of Object.values<{ userErrors: object[] }>(data)) expect(userErrors).toEqual([]);
  expect(data.again.order.id).toBe(data.placeOrder.order.id);
  const { pathname } = new URL(data.createUpload.upload.url);
  const sent = await fetch(url + pathname, { method: 'PUT', body: 'abc' });
  expect(sent.status, await sent.text()).toBe(201);
  await eventually(async () => {
    const { data: after } = await gather.query('query ($id: ID!) { job(id: $id) { state } }', { id: data.add.job.id });
    expect(after.job.state).toBe('SUCCEEDED');
  });
}

/** The statements with this in them since the last look: the worker has others. */
function sent(part: string): string[] {
  return gather.cost().statements.filter((text) => text.includes(part));
}

async function tables(): Promise<string[]> {
  const rows = await gather.database.ask<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'gather', 'gather_jobs') order by 1`);
  return rows.map(({ name }) => name);
}

test('a migration that only adds passes unnoticed', async () => {
  await useEverything();
  await useEverything();
  const added: string[] = [];
  for (const table of await tables()) {
    // Parts of a table that has parts take their columns from it.
    await gather.database.ask(`alter table ${table} add column if not exists "addedLater" text default 'x'`).then(
      () => added.push(table),
      () => {},
    );
  }
  expect(added).toEqual(
    expect.arrayContaining(['public."order"', 'gather.job', 'gather.upload', 'gather_jobs.queue', 'public.item']),
  );
  gather.cost();
  await useEverything();
  // None was run again.
  expect(sent('"isLeased"')).toHaveLength(1);
});

test('a type that a migration changes costs one run more, and is not noticed outside transactions', async () => {
  const query = '{ menu { first { price } } }';
  const first = 'from "public"."item" where';
  await gather.query(query);
  gather.cost();
  await gather.query(query);
  expect(sent(first)).toHaveLength(1);
  await gather.database.ask('alter table item alter price type numeric(14,3)');
  const { data, errors } = await gather.query(query);
  expect(errors).toBeUndefined();
  expect(data.menu.first.price).toMatch(/^\d+\.\d{3}$/);
  expect(sent(first)).toHaveLength(2);
  // From then on as before, on whatever connection.
  const all = await Promise.all(Array.from({ length: 12 }, () => gather.query(query)));
  expect(all.flatMap((answer) => answer.errors ?? [])).toEqual([]);
  expect(sent(first)).toHaveLength(12);
});

test('in a transaction, where nothing can be run again, it fails once, in words, and for nobody else', async () => {
  const order = () =>
    gather.query(`mutation { placeOrder(input: { lines: [{ itemId: "${ITEM}", quantity: 1 }] }) {
      order { total } ${DONE} } }`);
  for (const { errors } of await Promise.all(Array.from({ length: 10 }, order))) expect(errors).toBeUndefined();
  await gather.database.ask('alter table "order" alter total type numeric(16,3)');
  const { errors } = await order();
  expect(errors).toMatchObject([
    {
      message: 'The tables of the database have just been changed. Try again.',
      extensions: { code: 'DATABASE_UNAVAILABLE', retryable: true },
    },
  ]);
  for (const { data, errors: later } of await Promise.all(Array.from({ length: 10 }, order))) {
    expect(later).toBeUndefined();
    expect(data.placeOrder.order.total).toMatch(/^\d+\.\d{3}$/);
  }
});

test('a column that is dropped costs what reads it, until it is there again', async () => {
  const titles = '{ tasks(first: 1) { nodes { title } } }';
  await gather.query(titles);
  await gather.database.ask('alter table task rename title to heading');
  const { errors } = await gather.query(titles);
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect((await gather.query('{ tasks(first: 1) { nodes { id done } } }')).errors).toBeUndefined();
  await gather.database.ask('alter table task rename heading to title');
  expect((await gather.query(titles)).errors).toBeUndefined();
});
