import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flood, post, type Reply } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectDiscreet, withstand } from '../helpers/under-attack.ts';

const ITEM = btoa('Item:1');
const MUTATIONS: Record<string, string> = {
  createItem: `createItem(input: { sku: "EVIL", name: "Evil", price: "1", supplierId: "${btoa('Supplier:1')}" }) { item { id } }`,
  updateItem: `updateItem(input: { id: "${ITEM}", price: "0.01" }) { item { id } }`,
  deleteItem: `deleteItem(input: { id: "${ITEM}" }) { deletedId }`,
  repriceItems: 'repriceItems(input: { where: {}, percent: "-99" }) { count }',
  createTask: 'createTask(input: { title: "Evil" }) { task { id } }',
  addReview: `addReview(input: { itemId: "${ITEM}", rating: 1 }) { review { id } }`,
  placeOrder: `placeOrder(input: { lines: [{ itemId: "${ITEM}", quantity: 1000 }] }) { order { id } }`,
  createUpload: 'createUpload(input: { name: "evil", size: 1 }) { upload { url } }',
  issueCertificate: 'issueCertificate(input: { recipient: "Me", amount: "1000000" }) { certificate { id } }',
  smokeSomeMeats: 'smokeSomeMeats { message }',
  burnSomeMeats: 'burnSomeMeats(seconds: 10) { elapsed }',
  add: 'add(x: 1, y: 2) { job { id } }',
  fetchData: 'fetchData(url: "https://example.com/") { job { id } }',
  runSchedule: 'runSchedule(name: "daily statistics") { job { id } }',
};
const FOR_STAFF = [
  'createItem',
  'updateItem',
  'deleteItem',
  'repriceItems',
  'createTask',
  'issueCertificate',
  'burnSomeMeats',
  'runSchedule',
];
const ORDER =
  'mutation ($lines: [OrderLineInput!]!) { placeOrder(input: { lines: $lines }) { order { id job { id } } userErrors { message } } }';

let target: Target;
let customer: string;
let other: string;

beforeAll(async () => {
  target = await startTarget();
  customer = await target.enter('CUSTOMER');
  other = await target.enter('CUSTOMER');
}, 60_000);
afterAll(() => target.close());

test('nobody changes anything', async () => {
  const before = await contents();
  for (const mutation of Object.values(MUTATIONS)) {
    const replies = await withstand(target, () => flood(4, () => ask(`mutation { ${mutation} }`)));
    expect(new Set(replies.flatMap(codes))).toEqual(new Set(['UNAUTHENTICATED']));
  }
  expect(await contents()).toBe(before);
});

test('a customer changes nothing that is for staff', async () => {
  const before = await contents();
  for (const name of FOR_STAFF) {
    expect(codes(await ask(`mutation { ${MUTATIONS[name]} }`, customer))).toEqual(['FORBIDDEN']);
  }
  expect(await contents()).toBe(before);
});

describe('what is a customer’s own', () => {
  let ids: string[];

  beforeAll(async () => {
    const { data } = JSON.parse((await ask(`mutation { ${MUTATIONS['add']} }`, customer)).body);
    const items = await target.database.ask<{ id: string }>(
      `select id from item where status = 'ACTIVE' order by id limit 1`,
    );
    const lines = items.map(({ id }) => ({ itemId: btoa(`Item:${id}`), quantity: 1 }));
    const ordered = JSON.parse((await ask(ORDER, customer, { lines })).body).data.placeOrder;
    expect(ordered.userErrors).toEqual([]);
    ids = [data.add.job.id, ordered.order.id, ordered.order.job.id];
    expect(await found(ids, customer)).toEqual(ids);
  });

  test.each([
    ['somebody else', () => other],
    ['nobody', () => undefined],
  ])('is not there for %s, asked by its ID', async (_, token) => {
    expect(await found(ids, token())).toEqual([null, null, null]);
  });

  test('is not there for somebody else who tries all numbers', async () => {
    for (const type of ['Order', 'Job', 'StoredFile', 'Certificate', 'Task']) {
      const guesses = Array.from({ length: 200 }, (_, index) => btoa(`${type}:${index}`));
      expect(new Set(await found(guesses, other))).toEqual(new Set([null]));
    }
  });

  test.each(['cancelJob', 'retryJob'])('cannot be changed by somebody else: %s', async (mutation) => {
    const reply = await ask(`mutation { ${mutation}(id: "${ids[0]}") { job { id } userErrors { code } } }`, other);
    expect(JSON.parse(reply.body).data).toEqual({ [mutation]: { job: null, userErrors: [{ code: 'NOT_FOUND' }] } });
  });
});

async function ask(query: string, token?: string, variables: object = {}): Promise<Reply> {
  const reply = await post(
    target.url,
    { query, variables },
    token === undefined ? {} : { authorization: `Bearer ${token}` },
  );
  expectDiscreet(reply);
  return reply;
}

async function found(ids: readonly string[], token?: string): Promise<(string | null)[]> {
  const { data } = JSON.parse((await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', token, { ids })).body);
  return data.nodes.map((node: { id: string } | null) => node?.id ?? null);
}

function codes({ body }: Reply): string[] {
  return JSON.parse(body).errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
}

/** Of all that these mutations write to. */
async function contents(): Promise<string> {
  const tables = ['item', 'task', 'review', 'order', 'upload', 'certificate', 'job'];
  const rows = await Promise.all(
    tables.map((table) =>
      target.database.ask(`select count(*), md5(string_agg(t::text, '' order by id)) from "${table}" t`),
    ),
  );
  return JSON.stringify(rows);
}
