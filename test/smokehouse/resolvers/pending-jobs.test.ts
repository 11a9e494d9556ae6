import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { type Answer, SIGNED_IN as CUSTOMER, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';

const MAX = 5;
const OTHER: Viewer = { ...CUSTOMER, user: { owner: 'user:other', email: null, name: 'Other' } };
const ADD = 'mutation { it: add(x: 1, y: 2) { job { id } userErrors { code message field } } }';
const RETRY = 'mutation ($id: ID!) { it: retryJob(id: $id) { job { state } userErrors { code field } } }';
const CANCEL = 'mutation ($id: ID!) { it: cancelJob(id: $id) { job { state } userErrors { code } } }';

const REFUSAL = {
  code: 'LIMIT_EXCEEDED',
  message: 'Expected at most 5 unsettled jobs (MAX_PENDING_JOBS), got one more. Wait for one to end, or cancel one.',
  field: null,
};

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ maxPendingJobs: MAX });
});
beforeEach(async () => {
  await gather.database.ask('truncate job cascade');
  await gather.database.ask('delete from gather_jobs.job');
});
afterAll(() => gather.close());

test('of twenty at once as many are enqueued as somebody may have, and nothing is left of the others', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(CUSTOMER, ADD)));
  const refused = answers.filter(({ data }) => data.it.job === null);
  expect(refused).toHaveLength(20 - MAX);
  for (const { data, errors } of refused) {
    expect(errors).toBeUndefined();
    expect(data.it).toEqual({ job: null, userErrors: [REFUSAL] });
  }
  expect(await gather.database.ask('select from job')).toHaveLength(MAX);
  expect(await gather.database.ask('select from gather_jobs.job')).toHaveLength(MAX);
});

test('the jobs of one do not count for another', async () => {
  await fill(CUSTOMER);
  const { data } = await ask(OTHER, ADD);
  expect(data.it.userErrors).toEqual([]);
});

test.each([
  ['fetchData', '(url: "https://example.com/")'],
  ['writeDailyStatistics', '(date: "2026-03-08")'],
  ['runSchedule', '(name: "sweepJobs")'],
])('one more by %s is refused too', async (mutation, args) => {
  await fill(STAFF);
  const { data, errors } = await ask(
    STAFF,
    `mutation { it: ${mutation}${args} { job { id } userErrors { code message field } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.it).toEqual({ job: null, userErrors: [REFUSAL] });
  expect(await gather.database.ask('select from job')).toHaveLength(MAX);
});

test('one that is settled makes room', async () => {
  const [id] = await fill(CUSTOMER);
  await ask(CUSTOMER, CANCEL, { id });
  expect((await ask(CUSTOMER, ADD)).data.it.userErrors).toEqual([]);
  expect((await ask(CUSTOMER, ADD)).data.it.userErrors).toEqual([REFUSAL]);
});

test('of twenty that are run again at once as many are as somebody may have, and the others stay as they are', async () => {
  await gather.database.ask(`insert into job (task, owner, "queuedFor", state, input, "deliveryId")
    select 'add', 'user:guest', 'user:guest', 'CANCELLED', '{"x":1,"y":2}', gen_random_uuid() from generate_series(1, 20)`);
  const rows = await gather.database.ask<{ id: string }>('select id from job');
  const answers = await Promise.all(rows.map(({ id }) => ask(CUSTOMER, RETRY, { id: btoa(`Job:${id}`) })));
  const { pending = [], refused = [] } = Object.groupBy(answers, ({ data }) => (data.it.job ? 'pending' : 'refused'));
  expect(pending).toHaveLength(MAX);
  expect(refused.map(({ data }) => data.it.userErrors)).toEqual(
    Array(20 - MAX).fill([{ code: 'LIMIT_EXCEEDED', field: null }]),
  );
  expect(await gather.database.ask(`select from job where state = 'CANCELLED'`)).toHaveLength(20 - MAX);
  expect(await gather.database.ask('select from gather_jobs.job')).toHaveLength(MAX);
});

test('an order, a photo and a deletion are not refused because of jobs', async () => {
  await fill(CUSTOMER);
  const order = await ask(
    CUSTOMER,
    'mutation { it: placeOrder(input: { lines: [{ itemId: "SXRlbToy", quantity: 1 }] }) { order { job { state } } userErrors { code } } }',
  );
  expect(order.data.it).toEqual({ order: { job: { state: 'PENDING' } }, userErrors: [] });

  const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
  const form = new FormData();
  const query =
    'mutation ($file: File!) { it: uploadFile(input: { file: $file }) { file { id type } userErrors { code } } }';
  form.set('operations', JSON.stringify({ query, variables: { file: null } }));
  form.set('map', '{"0":["variables.file"]}');
  form.set('0', new File([gif], 'a.gif'));
  const response = await gather.app.fetch(
    'http://gather/graphql',
    { method: 'POST', headers: { 'x-gather-preflight': '1' }, body: form },
    { viewer: CUSTOMER },
  );
  const upload = (await response.json()) as Answer;
  expect(upload.data.it).toEqual({ file: { id: expect.any(String), type: 'image/gif' }, userErrors: [] });

  const { id } = upload.data.it.file;
  const deletion = await ask(
    CUSTOMER,
    'mutation ($id: ID!) { it: deleteFile(id: $id) { deletedId userErrors { code } } }',
    { id },
  );
  expect(deletion.data.it).toEqual({ deletedId: id, userErrors: [] });
  const jobs = await gather.database.ask<{ task: string; owner: string | null; queuedFor: string }>(
    `select task, owner, "queuedFor" from job where task <> 'add' order by id`,
  );
  expect(jobs).toEqual([
    { task: 'prepareOrder', owner: 'user:guest', queuedFor: 'user:guest' },
    { task: 'describeImage', owner: null, queuedFor: 'user:guest' },
    { task: 'removeBytes', owner: null, queuedFor: '' },
  ]);
});

/** Enqueues as many as somebody may have. @returns their IDs */
async function fill(viewer: Viewer): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: MAX }, () => ask(viewer, ADD)));
  return answers.map(({ data }) => data.it.job.id);
}

async function ask(viewer: Viewer, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const response = await gather.app.fetch(
    'http://gather/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    },
    { viewer },
  );
  return (await response.json()) as Answer;
}
