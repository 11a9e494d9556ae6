import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-sse';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { engineTables } from '../../../src/gather/database/tables.ts';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { findLeft } from '../../helpers/left.ts';
import { startTestWorker } from '../../helpers/worker.ts';

interface Change {
  state: string;
  progress: number;
  message: string | null;
  attempts: number;
  result: unknown;
}

const WATCH = 'subscription ($id: ID!) { job(id: $id) { state progress message attempts result } }';
const LISTENERS = `select pid from pg_stat_activity where datname = current_database() and query like 'listen %'`;

let gather: TestApp;
let url: string;
let client: Client;

beforeAll(async () => {
  gather = await startTestApp({ operationTimeoutMs: 2000 });
  ({ url } = await gather.app.start());
});

afterEach(() => client?.dispose());

afterAll(() => gather.close());

test('a subscriber is given the job as it stands, each change, and the end', async () => {
  const id = await add();
  const changes = watch(id);
  await expect.poll(() => changes.seen).toEqual([change('PENDING')]);
  await using _worker = await startTestWorker(gather);
  await changes.ended;
  expect(changes.seen).toEqual([
    change('PENDING'),
    change('RUNNING', { attempts: 1 }),
    change('SUCCEEDED', { attempts: 1, progress: 1, result: 5 }),
  ]);
});

test('no change is left out, however fast they follow each other', async () => {
  const id = await add();
  const changes = watch(id);
  await expect.poll(() => changes.seen).toHaveLength(1);
  const { job } = engineTables(gather.database.database);
  const row = { id: toRowId(id) };
  const steps = Array.from({ length: 50 }, (_, index) => (index + 1) / 100);
  for (const progress of steps) await job.update(row, { progress, message: `${progress}` });
  await job.update(row, { state: 'FAILED', error: JSON.stringify({ code: 'TASK_FAILED', message: 'It rained.' }) });
  await changes.ended;
  expect(changes.seen.map(({ progress }) => progress)).toEqual([0, ...steps, 0.5]);
  expect(changes.seen.at(-1)).toEqual(change('FAILED', { progress: 0.5, message: '0.5' }));
});

test('a job that is settled is one event', async () => {
  const id = await add();
  await gather.query('mutation ($id: ID!) { cancelJob(id: $id) { job { id } } }', { id });
  const changes = watch(id);
  await changes.ended;
  expect(changes.seen).toEqual([change('CANCELLED')]);
});

test('a subscriber waits beyond the deadline of an operation', async () => {
  const id = await add();
  const changes = watch(id);
  await sleep(3000);
  await gather.query('mutation ($id: ID!) { cancelJob(id: $id) { job { id } } }', { id });
  await changes.ended;
  expect(changes.seen.map(({ state }) => state)).toEqual(['PENDING', 'CANCELLED']);
});

test('whoever comes back sees the job as it stands, and what follows', async () => {
  const id = await add();
  const first = watch(id);
  await expect.poll(() => first.seen).toHaveLength(1);
  client.dispose();
  const { job } = engineTables(gather.database.database);
  await job.update({ id: toRowId(id) }, { progress: 0.3 });
  const second = watch(id);
  await expect.poll(() => second.seen).toEqual([change('PENDING', { progress: 0.3 })]);
  await job.update({ id: toRowId(id) }, { progress: 0.6 });
  await expect.poll(() => second.seen.at(-1)).toEqual(change('PENDING', { progress: 0.6 }));
});

test('what changes while the connection that listens is lost is seen once it is back', async () => {
  const id = await add();
  const changes = watch(id);
  await expect.poll(() => changes.seen).toHaveLength(1);
  const { job } = engineTables(gather.database.database);
  await gather.database.ask(`select pg_terminate_backend(pid) from (${LISTENERS}) listeners`);
  await job.update({ id: toRowId(id) }, { progress: 0.2 });
  await job.update({ id: toRowId(id) }, { progress: 0.4 });
  await expect.poll(() => changes.seen.map(({ progress }) => progress)).toEqual([0, 0.2, 0.4]);
});

test('a subscriber who leaves leaves nothing behind', async () => {
  const id = await add();
  const changes = watch(id);
  await expect.poll(() => changes.seen).toHaveLength(1);
  expect(await gather.database.ask(LISTENERS)).toHaveLength(1);
  client.dispose();
  gather.cost();
  await eventually(async () => expect(await findLeft(gather)).toEqual([]));
  const { job } = engineTables(gather.database.database);
  await job.update({ id: toRowId(id) }, { progress: 0.2 });
  gather.cost();
  await sleep(300);
  expect(gather.cost().statements).toEqual([]);
});

test('it ends where the job is settled, also where somebody has run it again meanwhile', async () => {
  const id = await add();
  const changes = watch(id);
  await expect.poll(() => changes.seen).toHaveLength(1);
  await gather.database.ask(`
    begin;
    update job set state = 'FAILED' where id = ${toRowId(id)};
    update job set state = 'PENDING' where id = ${toRowId(id)};
    commit`);
  await changes.ended;
  expect(changes.seen.map(({ state }) => state)).toEqual(['PENDING', 'FAILED']);
});

test('a server that stops says so to its subscribers, and does not wait for them', async () => {
  const other = await startTestApp({ drainTimeoutMs: 300_000 });
  const address = (await other.app.start()).url;
  const { data } = await other.query('mutation { add(x: 2, y: 3) { job { id } } }');
  const watching = createClient({ url: `${address}/graphql`, retryAttempts: 0, headers: STAFF_HEADERS });
  const events = watching.iterate({ query: WATCH, variables: { id: data.add.job.id } });
  expect((await events.next()).value).toMatchObject({ data: { job: { state: 'PENDING' } } });
  const stopped = other.app.stop();
  expect((await events.next()).value).toMatchObject({
    errors: [{ message: 'The server is stopping. Ask again.', extensions: { code: 'CANCELLED', retryable: true } }],
  });
  expect((await events.next()).done).toBe(true);
  await stopped;
  watching.dispose();
  await other.close();
});

test('a job that is not there is an error, and so is an ID of something else', async () => {
  const [missing] = await watchError(btoa('Job:99999'));
  expect(missing).toMatchObject({ message: 'There is no job with this id.', extensions: { code: 'NOT_FOUND' } });
  const [wrong] = await watchError(btoa('Item:1'));
  expect(wrong).toMatchObject({ extensions: { code: 'INVALID_INPUT' } });
});

async function add(): Promise<string> {
  const { data } = await gather.query('mutation { add(x: 2, y: 3) { job { id } } }');
  return data.add.job.id;
}

function watch(id: string) {
  client = createClient({ url: `${url}/graphql`, retryAttempts: 0, headers: STAFF_HEADERS });
  const seen: Change[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    client.subscribe<{ job: Change }>(
      { query: WATCH, variables: { id } },
      {
        next: ({ data, errors }) => (data ? seen.push(data.job) : reject(new Error(JSON.stringify(errors)))),
        error: reject,
        complete: resolve,
      },
    );
  });
  ended.catch(() => {});
  return { seen, ended };
}

async function watchError(id: string) {
  client = createClient({ url: `${url}/graphql`, retryAttempts: 0, headers: STAFF_HEADERS });
  for await (const { errors } of client.iterate({ query: WATCH, variables: { id } })) return errors ?? [];
  return [];
}

function change(state: string, rest: Partial<Change> = {}): Change {
  return { state, progress: 0, message: null, attempts: 0, result: null, ...rest };
}

function toRowId(id: string): string {
  return atob(id).replace('Job:', '');
}
