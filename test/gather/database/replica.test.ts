import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../src/gather/database/migrate.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/gather/embedded-postgres/embedded-postgres.ts';
import { installQueues } from '../../../src/gather/jobs/install.ts';
import { copyInitialised } from '../../../src/gather/testing/postgres.ts';
import { SIGNED_IN, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { TEST_SCHEMAS } from '../../helpers/database.ts';
import { scrape } from '../../helpers/scrape.ts';
import { startWorker, toWorkerConfig } from '../../helpers/worker.ts';
import { fixture } from '../fixture.ts';

const SETTINGS = { fsync: 'off' };
const EVENTS = { headers: { accept: 'text/event-stream' } };
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let stack: AsyncDisposableStack;
let standby: EmbeddedPostgres;
let standbyDir: string;
let primaryUrl: string;
/** Two servers, as on two machines. */
let one: TestApp;
let other: TestApp;
/** Of the first. */
let listening: Awaited<ReturnType<TestApp['app']['start']>>;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const primaryDir = await copyInitialised();
  stack.defer(() => rm(primaryDir, { recursive: true }));
  const first = await startEmbeddedPostgres({ dataDir: primaryDir, settings: SETTINGS });
  const { port } = new URL(first.databaseUrl);
  await migrate(first.databaseUrl, { ...TEST_SCHEMAS, ...fixture.app });
  await installQueues(first.databaseUrl, { ...TEST_SCHEMAS, ...fixture.app });
  await fixture.seed(first.databaseUrl);
  await first.stop();

  standbyDir = `${primaryDir}-standby`;
  await cp(primaryDir, standbyDir, { recursive: true, filter: (path) => !path.endsWith('.lock') });
  stack.defer(() => rm(standbyDir, { recursive: true }));
  const primary = await startEmbeddedPostgres({ dataDir: primaryDir, settings: { ...SETTINGS, port } });
  stack.defer(() => primary.stop());
  primaryUrl = primary.databaseUrl;
  await writeFile(join(standbyDir, 'postgres', 'standby.signal'), '');
  standby = await startStandby();
  stack.defer(() => standby.stop());

  one = await startServer();
  listening = await one.app.start();
  other = await startServer();
});
beforeEach(async () => {
  await askStandby('select pg_wal_replay_resume()');
});
afterAll(() => stack.disposeAsync());

test('the metrics show its connections beside those of the primary', async () => {
  const { metricsUrl = '' } = listening;
  const { value } = await scrape(metricsUrl);
  for (const name of ['statements', 'replica statements']) {
    expect(value('db_client_connection_max', { db_client_connection_pool_name: name })).toBe(10);
  }
});

test('queries read from the replica; a viewer reads what they wrote, on any server, before the replica has it', async () => {
  await expect.poll(() => isReadByReplica(one)).toBe(true);
  await expect.poll(() => isReadByReplica(other)).toBe(true);
  await askStandby('select pg_wal_replay_pause()');
  expect(await rename(one, 'Renamed')).toBe('Renamed');
  expect(await titleFor(one, STAFF)).toBe('Renamed');
  await expect.poll(() => titleFor(other, STAFF)).toBe('Renamed');
  // Nobody else waits for it.
  expect(await titleFor(one, SIGNED_IN)).not.toBe('Renamed');
  expect(await titleFor(other, SIGNED_IN)).not.toBe('Renamed');

  await askStandby('select pg_wal_replay_resume()');
  await expect.poll(() => titleFor(one, SIGNED_IN)).toBe('Renamed');
  await expect.poll(() => isReadByReplica(one, STAFF)).toBe(true);
});

test('an upload that is complete is read by its viewer before the replica has it', async () => {
  const create = `mutation ($id: ID!) {
    createUpload(input: { name: "cover.png", size: ${PIXEL.length}, bookId: $id }) { upload { url } userErrors { message } }
  }`;
  const { data } = await one.query(create, { id: btoa('Book:1') });
  const { pathname } = new URL(data.createUpload.upload.url);
  await expect.poll(() => isReadByReplica(one, STAFF)).toBe(true);
  await askStandby('select pg_wal_replay_pause()');
  const { status } = await fetch(`${listening.url}${pathname}`, { method: 'PUT', body: PIXEL });
  expect(status).toBe(201);
  const cover = '{ book(by: { isbn: "ISBN-00001" }) { cover { name } } }';
  expect((await one.query(cover)).data.book).toEqual({ cover: { name: 'cover.png' } });
});

test('an event of a subscription is not older than what its viewer reads next', async () => {
  const added = await one.query('mutation { add(x: 1, y: 2) { job { id } } }');
  const { id } = added.data.add.job;
  await expect.poll(() => isReadByReplica(one, STAFF)).toBe(true);
  await askStandby('select pg_wal_replay_pause()');
  const watch = await one.request('subscription ($id: ID!) { job(id: $id) { state } }', { id }, EVENTS);
  await using _worker = await startWorker(toWorkerConfig(primaryUrl));
  expect(await watch.text()).toContain('"SUCCEEDED"');
  expect((await one.query('query ($id: ID!) { job(id: $id) { state } }', { id })).data.job.state).toBe('SUCCEEDED');
});

test('while the replica is away, queries read from the primary; later from the replica again', async () => {
  await expect.poll(() => isReadByReplica(one)).toBe(true);
  const { port } = new URL(standby.databaseUrl);
  await standby.stop();
  await expect.poll(() => isReadByReplica(one)).toBe(false);
  expect(await titleFor(one, SIGNED_IN)).toEqual(expect.any(String));
  standby = await startStandby(port);
  await expect.poll(() => isReadByReplica(one)).toBe(true);
});

function startStandby(port?: string): Promise<EmbeddedPostgres> {
  const { hostname, port: primaryPort, username, password } = new URL(primaryUrl);
  const primary_conninfo = `host=${hostname} port=${primaryPort} user=${username} password=${password}`;
  const settings = { ...SETTINGS, primary_conninfo, ...(port && { port }) };
  return startEmbeddedPostgres({ dataDir: standbyDir, settings });
}

async function startServer(): Promise<TestApp> {
  const gather = await startTestApp({
    reach: () => primaryUrl,
    databaseReplicaUrl: standby.databaseUrl,
    isDevelopment: false,
    metrics: { host: '127.0.0.1', port: 0 },
  });
  stack.defer(() => gather.close());
  return gather;
}

async function askStandby(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: standby.databaseUrl });
  client.on('error', () => {});
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Whether a query of this viewer reaches the replica, by what PostgreSQL counts there. */
async function isReadByReplica(gather: TestApp, viewer = SIGNED_IN): Promise<boolean> {
  const client = new pg.Client({ connectionString: standby.databaseUrl });
  client.on('error', () => {});
  try {
    await client.connect();
    const count = async () => {
      const { rows } = await client.query(
        `select count(*)::integer as count from pg_stat_activity where query like '%"book"%' and query_start > $1
         and application_name = 'gather'`,
        [since],
      );
      return rows[0].count as number;
    };
    const since = (await client.query('select clock_timestamp() as now')).rows[0].now;
    await titleFor(gather, viewer);
    return (await count()) > 0;
  } catch {
    await titleFor(gather, viewer);
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function titleFor({ app }: TestApp, viewer: typeof STAFF): Promise<string> {
  const response = await app.fetch(
    'http://gather/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ book(by: { isbn: "ISBN-00001" }) { title } }' }),
    },
    { viewer },
  );
  const { data, errors } = (await response.json()) as { data: { book: { title: string } }; errors?: unknown };
  expect(errors).toBeUndefined();
  return data.book.title;
}

async function rename(gather: TestApp, title: string): Promise<string> {
  const { data } = await gather.query(
    `mutation ($input: UpdateBookInput!) { updateBook(input: $input) { book { title } userErrors { message } } }`,
    { input: { id: btoa('Book:1'), title } },
  );
  return data.updateBook.book.title;
}
