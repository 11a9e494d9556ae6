import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { ANONYMOUS, type Answer, SIGNED_IN as CUSTOMER, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { insertOwned, type OwnedIds } from './entries.ts';

const VIEWERS = {
  nobody: ANONYMOUS,
  owner: CUSTOMER,
  other: toCustomer('user:other'),
  /** With an owner that PostgreSQL would take for a pattern. */
  pattern: toCustomer('user:%'),
  staff: STAFF,
};
type Name = keyof typeof VIEWERS;

const names = Object.keys(VIEWERS) as Name[];
const TYPES = ['Order', 'Job', 'StoredFile', 'Certificate'] as const;

let gather: TestApp;
let own: OwnedIds;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(async () => {
  own = await insertOwned(gather.database, 'user:guest');
});
afterAll(() => gather.close());

const OWN: Record<Name, boolean> = { nobody: false, owner: true, other: false, pattern: false, staff: true };

describe.each(TYPES)('an object of type %s', (type) => {
  test.each(names)('is there by its ID for its owner and for STAFF: %s', async (name) => {
    const id = own[type];
    const answer = await ask(name, `query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id, "SXRlbTox"]) { id } }`, {
      id,
    });
    const seen = OWN[name] ? { id } : null;
    expect(answer).toEqual({ data: { node: seen, nodes: [seen, { id: 'SXRlbTox' }] } });
  });
});

describe('a job', () => {
  test.each(names)('is there by `job` for its owner and for STAFF: %s', async (name) => {
    const { data, errors } = await ask(name, `query ($id: ID!) { job(id: $id) { id } }`, { id: own.Job });
    expect(data).toEqual({ job: OWN[name] ? { id: own.Job } : null });
    expect(errors?.map(codeOf)).toEqual(name === 'nobody' ? ['UNAUTHENTICATED'] : undefined);
  });

  test.each(['cancelJob', 'retryJob'])('is changed by %s for its owner and for STAFF only', async (mutation) => {
    const state = mutation === 'cancelJob' ? 'PENDING' : 'FAILED';
    await gather.database.ask(`update job set state = $1 where id = $2`, [state, rowOf(own.Job)]);
    const run = (name: Name) =>
      ask(name, `mutation ($id: ID!) { it: ${mutation}(id: $id) { job { id } userErrors { code field } } }`, {
        id: own.Job,
      });
    expect((await run('nobody')).errors?.map(codeOf)).toEqual(['UNAUTHENTICATED']);
    for (const name of ['other', 'pattern'] as const) {
      expect(await run(name)).toEqual({
        data: { it: { job: null, userErrors: [{ code: 'NOT_FOUND', field: ['id'] }] } },
      });
    }
    expect(await gather.database.ask('select state from job where id = $1', [rowOf(own.Job)])).toEqual([{ state }]);
    expect(await run('owner')).toEqual({ data: { it: { job: { id: own.Job }, userErrors: [] } } });
  });

  test.each(names)('is watched by its owner and by STAFF: %s', async (name) => {
    const response = await gather.app.fetch(
      'http://gather/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: `subscription { job(id: "${own.Job}") { id } }` }),
      },
      { viewer: VIEWERS[name] },
    );
    const text = await response.text();
    if (OWN[name]) expect(text).toContain(`{"data":{"job":{"id":"${own.Job}"}}`);
    else expect(text).toContain(name === 'nobody' ? '"UNAUTHENTICATED"' : '"NOT_FOUND"');
    expect(text.includes('"data":{"job"')).toBe(OWN[name]);
  });
});

describe('a list', () => {
  test.each(['orders', 'jobs'])('of %s has what is the viewer’s, and all of it for STAFF', async (field) => {
    await insertOwned(gather.database, 'user:other');
    const count = async (name: Name) => {
      const { data } = await ask(
        name,
        `{ it: ${field}(first: 100) { totalCount nodes { id } edges { node { id } } } }`,
      );
      expect(data.it.nodes).toHaveLength(data.it.totalCount);
      expect(data.it.edges).toHaveLength(data.it.totalCount);
      return data.it.totalCount;
    };
    const table = field === 'orders' ? '"order"' : 'job';
    const [all] = await gather.database.ask(
      `select count(*)::int as all, count(*) filter (where owner = 'user:guest')::int as own,
         count(*) filter (where owner = 'user:other')::int as other from ${table}`,
    );
    expect(all).toEqual({ all: await count('staff'), own: await count('owner'), other: await count('other') });
    expect(await count('pattern')).toBe(0);
    expect((await ask('nobody', `{ ${field}(first: 1) { totalCount } }`)).errors?.map(codeOf)).toEqual([
      'UNAUTHENTICATED',
    ]);
  });
});

describe('a file', () => {
  test('is deleted by its owner and by STAFF only', async () => {
    const run = (name: Name) =>
      ask(name, `mutation ($id: ID!) { deleteFile(id: $id) { deletedId userErrors { code field } } }`, {
        id: own.StoredFile,
      });
    const refused = { deleteFile: { deletedId: null, userErrors: [{ code: 'NOT_FOUND', field: ['id'] }] } };
    expect((await run('other')).data).toEqual(refused);
    expect((await run('owner')).data).toEqual({ deleteFile: { deletedId: own.StoredFile, userErrors: [] } });
    expect((await run('staff')).data).toEqual(refused);
  });

  test('that is public is seen by everybody, and deleted by STAFF only', async () => {
    await gather.database.ask(`update file set owner = 'public' where id = $1`, [rowOf(own.StoredFile)]);
    const query = `query ($id: ID!) { node(id: $id) { id } }`;
    for (const name of names)
      expect((await ask(name, query, { id: own.StoredFile })).data.node).toEqual({ id: own.StoredFile });
    const run = (name: Name) =>
      ask(name, `mutation ($id: ID!) { deleteFile(id: $id) { deletedId } }`, { id: own.StoredFile });
    expect((await run('owner')).data.deleteFile.deletedId).toBeNull();
    expect((await run('staff')).data.deleteFile.deletedId).toBe(own.StoredFile);
  });

  test.each(['uploadFile', 'createUpload'])('becomes the photo of an item by %s for STAFF only', async (mutation) => {
    const query =
      mutation === 'createUpload'
        ? `mutation { it: createUpload(input: { name: "a.png", size: 1, itemId: "SXRlbTox" }) { userErrors { code field } } }`
        : `mutation ($file: File!) { it: uploadFile(input: { file: $file, itemId: "SXRlbTox" }) { userErrors { code field } } }`;
    const { data } = mutation === 'createUpload' ? await ask('owner', query) : await send('owner', query);
    expect(data).toEqual({ it: { userErrors: [{ code: 'FORBIDDEN', field: ['itemId'] }] } });
  });
});

describe('what a viewer makes', () => {
  test('is theirs', async () => {
    const { data } = await ask('owner', `mutation { add(x: 1, y: 2) { job { id } } }`);
    const upload = await send(
      'owner',
      `mutation ($file: File!) { uploadFile(input: { file: $file }) { file { id } } }`,
    );
    await ask('owner', `mutation { createUpload(input: { name: "a", size: 1 }) { userErrors { code } } }`);
    const rows = await gather.database.ask(
      `select owner from job where id = $1 union all select owner from file where id = $2
       union all (select owner from upload order by id desc limit 1)`,
      [rowOf(data.add.job.id), rowOf(upload.data.uploadFile.file.id)],
    );
    expect(rows).toEqual([{ owner: 'user:guest' }, { owner: 'user:guest' }, { owner: 'user:guest' }]);
  });

  test('is an order of theirs, with its job', async () => {
    await gather.database.ask(`update item set status = 'ACTIVE' where id = 2`);
    const order = `mutation { placeOrder(input: { clientMutationId: "same", lines: [{ itemId: "SXRlbToy", quantity: 1 }] }) { order { id job { id } } userErrors { code message } } }`;
    const first = await ask('owner', order);
    const again = await ask('owner', order);
    const other = await ask('other', order);
    expect(first.data.placeOrder).toEqual({
      order: { id: expect.any(String), job: { id: expect.any(String) } },
      userErrors: [],
    });
    expect(again.data).toEqual(first.data);
    expect(other.data.placeOrder.order.id).not.toBe(first.data.placeOrder.order.id);
  });

  test('is a review by the customer who they are, made with their first one', async () => {
    const review = `mutation { addReview(input: { itemId: "SXRlbTox", rating: 5 }) { review { customer { id name city } } userErrors { code } } }`;
    const [first, second] = [await ask('owner', review), await ask('owner', review)];
    expect(first.data.addReview).toEqual({
      review: { customer: { id: expect.any(String), name: 'Guest', city: '' } },
      userErrors: [],
    });
    expect(second.data).toEqual(first.data);
  });

  test('is no review in the name of another', async () => {
    const review = `mutation { addReview(input: { itemId: "SXRlbTox", customerId: "Q3VzdG9tZXI6MQ==", rating: 5 }) { review { customer { id } } userErrors { code field } } }`;
    expect((await ask('owner', review)).data.addReview).toEqual({
      review: null,
      userErrors: [{ code: 'FORBIDDEN', field: ['customerId'] }],
    });
    expect((await ask('staff', review)).data.addReview.review).toEqual({ customer: { id: 'Q3VzdG9tZXI6MQ==' } });
  });
});

test('where it cannot be found out who asks, what is for everybody is answered all the same', async () => {
  const failure = new Error('The sessions cannot be read.');
  const text = `query ($id: ID!) { about { name } job(id: $id) { id } node(id: $id) { id } item(by: { id: "SXRlbTox" }) { id } }`;
  const answer = await query({ ...ANONYMOUS, failure }, text, { id: own.Job });
  expect(answer.data).toEqual({ about: { name: 'The Smokehouse' }, job: null, node: null, item: { id: 'SXRlbTox' } });
  expect(answer.errors?.map(({ path }) => path)).toEqual([['job'], ['node']]);
  expect(answer.errors?.map(codeOf)).toEqual(['INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR']);
});

async function ask(name: Name, text: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { data, errors } = await query(VIEWERS[name], text, variables);
  return { data, ...(errors && { errors }) };
}

async function query(viewer: Viewer, text: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const body = JSON.stringify({ query: text, variables });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  return (await gather.app.fetch('http://gather/graphql', init, { viewer })).json();
}

/** As a form, with a file of one byte for the variable `file`. */
async function send(name: Name, text: string): Promise<Answer> {
  const body = new FormData();
  body.set('operations', JSON.stringify({ query: text, variables: { file: null } }));
  body.set('map', '{"0":["variables.file"]}');
  body.set('0', new File(['x'], 'x.txt'));
  const init = { method: 'POST', headers: { 'x-gather-preflight': '1' }, body };
  return (await gather.app.fetch('http://gather/graphql', init, { viewer: VIEWERS[name] })).json();
}

function toCustomer(owner: string): Viewer {
  return { role: 'CUSTOMER', user: { owner, email: null, name: owner }, sessionId: null };
}

function codeOf({ extensions }: { extensions?: Record<string, unknown> }): unknown {
  return extensions?.['code'];
}

function rowOf(id: string): string {
  return atob(id).replace(/^\w+:/, '');
}
