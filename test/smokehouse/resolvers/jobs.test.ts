import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { startTestWorker } from '../../helpers/worker.ts';

const ADD =
  'mutation ($x: Int! = 2) { add(x: $x, y: 3) { job { id task state input } userErrors { code message field } } }';
const JOB = `query ($id: ID!) {
  job(id: $id) { task state progress message input result error { code message } attempts createdAt startedAt finishedAt }
}`;
const CANCEL = 'mutation ($id: ID!) { cancelJob(id: $id) { job { state finishedAt } userErrors { code message } } }';
const RETRY = `mutation ($id: ID!) {
  retryJob(id: $id) { job { state progress finishedAt error { message } } userErrors { code message } }
}`;

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});

beforeEach(async () => {
  await gather.database.ask('truncate job cascade');
  await gather.database.ask('delete from gather_jobs.job');
  // The queue's own settings are read once.
  await gather.query(ADD);
  await gather.database.ask('truncate job cascade');
  await gather.database.ask('delete from gather_jobs.job');
  gather.cost();
});

afterAll(() => gather.close());

test('a job is enqueued in six statements, and run by a worker', async () => {
  const { data, errors } = await gather.query(ADD);
  expect(errors).toBeUndefined();
  expect(data.add).toEqual({
    job: { id: expect.any(String), task: 'add', state: 'PENDING', input: { x: 2, y: 3 } },
    userErrors: [],
  });
  expect(gather.cost().statements.map((text) => /\w+( into "\w+"\."\w+")?/.exec(text.trim())?.[0])).toEqual([
    'begin',
    'insert into "gather"."job"',
    'select',
    'select',
    expect.any(String),
    'commit',
  ]);

  await using _worker = await startTestWorker(gather);
  await expect.poll(() => stateOf(data.add.job.id)).toBe('SUCCEEDED');
  expect((await gather.query(JOB, { id: data.add.job.id })).data.job).toEqual({
    task: 'add',
    state: 'SUCCEEDED',
    progress: 1,
    message: null,
    input: { x: 2, y: 3 },
    result: 5,
    error: null,
    attempts: 1,
    createdAt: TIME,
    startedAt: TIME,
    finishedAt: TIME,
  });
});

test('without a worker a job waits', async () => {
  const id = await add();
  expect((await gather.query(JOB, { id })).data.job).toMatchObject({
    state: 'PENDING',
    progress: 0,
    attempts: 0,
    startedAt: null,
    finishedAt: null,
  });
});

test('a job that is not there is null, and has no node', async () => {
  const id = btoa('Job:99999');
  expect(await gather.query('query ($id: ID!) { job(id: $id) { id } node(id: $id) { id } }', { id })).toMatchObject({
    data: { job: null, node: null },
  });
  expect((await gather.query(JOB, { id: btoa('Item:1') })).errors?.[0]).toMatchObject({
    extensions: { code: 'INVALID_INPUT' },
  });
});

test('a job is a node', async () => {
  const id = await add();
  const answer = await gather.query('query ($id: ID!) { node(id: $id) { __typename id ... on Job { task } } }', { id });
  expect(answer.data.node).toEqual({ __typename: 'Job', id, task: 'add' });
});

test('jobs are listed newest first, a page at a time', async () => {
  const ids = [await add(), await add(), await add()];
  const PAGE =
    'query ($after: String) { jobs(first: 2, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }';
  gather.cost();
  const first = (await gather.query(PAGE)).data.jobs;
  expect(gather.cost().statements).toHaveLength(2);
  expect(first).toMatchObject({
    totalCount: 3,
    nodes: [{ id: ids[2] }, { id: ids[1] }],
    pageInfo: { hasNextPage: true },
  });
  const second = (await gather.query(PAGE, { after: first.pageInfo.endCursor })).data.jobs;
  expect(second).toMatchObject({ nodes: [{ id: ids[0] }], pageInfo: { hasNextPage: false } });
});

test('jobs are filtered by task, state and time', async () => {
  const [early, cancelled, late] = [await add(), await add(), await add()];
  await gather.query(CANCEL, { id: cancelled });
  const { createdAt } = (await gather.query(JOB, { id: cancelled })).data.job;
  expect(await list({ state: { eq: 'CANCELLED' } })).toEqual([cancelled]);
  expect(await list({ state: { notIn: ['CANCELLED'] } })).toEqual([late, early]);
  expect(await list({ createdAt: { gt: createdAt } })).toEqual([late]);
  expect(await list({ createdAt: { lte: createdAt }, state: { eq: 'PENDING' } })).toEqual([early]);
  expect(await list({ task: { eq: 'add' } })).toEqual([late, cancelled, early]);
  expect(await list({ task: { eq: 'fetchData' } })).toEqual([]);
});

test('a job that waits is cancelled at once, and never run', async () => {
  const id = await add();
  const { data } = await gather.query(CANCEL, { id });
  expect(data.cancelJob).toEqual({ job: { state: 'CANCELLED', finishedAt: TIME }, userErrors: [] });
  await using _worker = await startTestWorker(gather);
  const other = await add();
  await expect.poll(() => stateOf(other)).toBe('SUCCEEDED');
  expect(await stateOf(id)).toBe('CANCELLED');
});

test('to cancel again changes nothing', async () => {
  const id = await add();
  const first = await gather.query(CANCEL, { id });
  expect((await gather.query(CANCEL, { id })).data).toEqual(first.data);
});

test('a job that has its result can neither be cancelled nor run again', async () => {
  await using _worker = await startTestWorker(gather);
  const id = await add();
  await expect.poll(() => stateOf(id)).toBe('SUCCEEDED');
  expect((await gather.query(CANCEL, { id })).data.cancelJob).toEqual({
    job: null,
    userErrors: [{ code: 'CONFLICT', message: 'The job is SUCCEEDED: only an unsettled job can be cancelled.' }],
  });
  expect((await gather.query(RETRY, { id })).data.retryJob.userErrors).toEqual([
    { code: 'CONFLICT', message: 'The job is SUCCEEDED: only a failed or cancelled job can be run again.' },
  ]);
});

test('a cancelled job is run again when asked', async () => {
  const id = await add();
  await gather.query(CANCEL, { id });
  expect((await gather.query(RETRY, { id })).data.retryJob).toEqual({
    job: { state: 'PENDING', progress: 0, finishedAt: null, error: null },
    userErrors: [],
  });
  await using _worker = await startTestWorker(gather);
  await expect.poll(() => stateOf(id)).toBe('SUCCEEDED');
});

test('of those who cancel, run again and run at the same time, each sees one state after another', async () => {
  await using _worker = await startTestWorker(gather);
  const ids = await Promise.all(Array.from({ length: 10 }, add));
  await Promise.all(ids.flatMap((id) => [gather.query(CANCEL, { id }), gather.query(RETRY, { id })]));
  await expect
    .poll(async () => (await Promise.all(ids.map(stateOf))).every((state) => /SUCCEEDED|CANCELLED/.test(state)))
    .toBe(true);
  const rows = await gather.database.ask<{ id: string; changes: string; version: number }>(
    'select id, version, (select count(*) from "jobChange" where "jobId" = job.id) changes from job',
  );
  for (const { changes, version } of rows) expect(Number(changes)).toBe(version);
});

test('an input that the task does not take is a user error', async () => {
  const { data } = await gather.query(
    'mutation { fetchData(url: "ftp://example.com/x") { job { id } userErrors { code message field } } }',
  );
  expect(data.fetchData).toEqual({
    job: null,
    userErrors: [
      {
        code: 'INVALID_INPUT',
        message: 'Expected a URL that begins with http:// or https://, got ftp://example.com/x.',
        field: ['url'],
      },
    ],
  });
});

async function add(): Promise<string> {
  return (await gather.query(ADD)).data.add.job.id;
}

async function stateOf(id: string): Promise<string> {
  return (await gather.query('query ($id: ID!) { job(id: $id) { state } }', { id })).data.job.state;
}

async function list(where: object): Promise<string[]> {
  const { data } = await gather.query('query ($where: JobWhere) { jobs(where: $where) { nodes { id } } }', { where });
  return data.jobs.nodes.map(({ id }: { id: string }) => id);
}
