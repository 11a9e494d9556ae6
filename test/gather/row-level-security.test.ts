import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-sse';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTestPostgres } from '../../src/gather/testing/postgres.ts';
import { SIGNED_IN, STAFF, STAFF_HEADERS, startTestApp, type TestApp } from '../helpers/app.ts';

/** A role with no right to the engine's tables. */
const ROLE = `reader_${randomUUID().replaceAll('-', '')}`;

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({
    viewer: SIGNED_IN,
    application: { rowLevelSecurity: ({ user }) => ({ role: ROLE, 'app.viewer': user?.owner ?? '' }) },
  });
  await gather.database.ask(`create role ${ROLE} nologin`);
  await gather.database.ask(`grant usage on schema public, lending to ${ROLE}`);
  await gather.database.ask(`grant select, update on all tables in schema public, lending to ${ROLE}`);
});
afterAll(async () => {
  await gather.close();
  const client = new pg.Client({ connectionString: await findTestPostgres() });
  await client.connect();
  await client.query(`drop role ${ROLE}`);
  await client.end();
});

async function ask(query: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await gather.query(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

test('a viewer whose role has no right to the engine’s tables has jobs', async () => {
  const { add } = await ask('mutation { add(x: 1, y: 2) { job { id state } userErrors { code } } }');
  expect(add).toMatchObject({ job: { state: 'PENDING' }, userErrors: [] });
  const { id } = add.job;
  const read = await ask(
    'query ($id: ID!) { job(id: $id) { attempts } node(id: $id) { id } jobs { totalCount nodes { id } } }',
    { id },
  );
  expect(read).toEqual({ job: { attempts: 0 }, node: { id }, jobs: { totalCount: 1, nodes: [{ id }] } });
  const cancelled = await ask('mutation ($id: ID!) { cancelJob(id: $id) { job { state } userErrors { code } } }', {
    id,
  });
  expect(cancelled.cancelJob).toEqual({ job: { state: 'CANCELLED' }, userErrors: [] });
  const again = await ask('mutation ($id: ID!) { retryJob(id: $id) { job { state } userErrors { code } } }', { id });
  expect(again.retryJob).toEqual({ job: { state: 'PENDING' }, userErrors: [] });
});

test('and files', async () => {
  const body = new FormData();
  const query =
    'mutation ($file: File!) { uploadFile(input: { file: $file }) { file { id url } userErrors { code } } }';
  body.set('operations', JSON.stringify({ query, variables: { file: null } }));
  body.set('map', JSON.stringify({ 0: ['variables.file'] }));
  body.set('0', new File(['Read me.'], 'read.txt'));
  const init = { method: 'POST', headers: { 'x-gather-preflight': '1' }, body };
  const response = await gather.app.fetch('http://gather/graphql', init, { viewer: SIGNED_IN });
  const { data } = (await response.json()) as { data: { uploadFile: { file: { id: string } } } };
  expect(data.uploadFile).toMatchObject({ userErrors: [] });
  const announce = 'mutation { createUpload(input: { name: "a", size: 1 }) { upload { url } userErrors { code } } }';
  expect((await ask(announce)).createUpload).toMatchObject({ userErrors: [] });
  const { id } = data.uploadFile.file;
  const read = await ask('query ($id: ID!) { node(id: $id) { ... on StoredFile { name url thumbnail { id } } } }', {
    id,
  });
  expect(read.node).toMatchObject({ name: 'read.txt', thumbnail: null });
  const deleted = await ask('mutation ($id: ID!) { deleteFile(id: $id) { userErrors { code } } }', { id });
  expect(deleted.deleteFile).toEqual({ userErrors: [] });
  expect(await gather.database.ask(`select bytes from storage where owner = ''`)).toEqual([{ bytes: '1' }]);
});

test('and STAFF the last jobs of schedules, and a subscription', async () => {
  const init = { viewer: STAFF };
  const response = await gather.app.fetch(
    'http://gather/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `mutation { runSchedule(name: "sweepSessions") { job { id } } }`,
      }),
    },
    init,
  );
  const { data } = (await response.json()) as { data: { runSchedule: { job: { id: string } } } };
  const { id } = data.runSchedule.job;
  const { url } = await gather.app.start();
  const client = createClient({ url: `${url}/graphql`, headers: STAFF_HEADERS, retryAttempts: 0 });
  try {
    const query = `subscription { job(id: "${id}") { progress } }`;
    const seen: unknown[] = [];
    for await (const { data, errors } of client.iterate({ query })) {
      seen.push(data ?? errors);
      if (seen.length === 2) break;
      await gather.database.ask('update job set progress = 0.5 where task = $1', ['sweepSessions']);
    }
    expect(seen).toEqual([{ job: { progress: 0 } }, { job: { progress: 0.5 } }]);
  } finally {
    client.dispose();
  }
  const listing = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...STAFF_HEADERS },
    body: JSON.stringify({ query: '{ schedules { name lastJob { id } } }' }),
  });
  const { data: found } = (await listing.json()) as { data: { schedules: { name: string; lastJob: unknown }[] } };
  expect(found.schedules.find(({ name }) => name === 'sweepSessions')?.lastJob).toEqual({ id });
});

test('the tables of the application are read with the role', async () => {
  const role = await gather.database.ask<{ role: string }>('select current_user::text as role');
  expect(role).not.toEqual([{ role: ROLE }]);
  await gather.database.ask(`revoke select on lending.loan from ${ROLE}`);
  const { errors } = await gather.query('{ loans { totalCount } }');
  expect(errors).toMatchObject([{ extensions: { exception: { message: 'permission denied for table loan' } } }]);
});
