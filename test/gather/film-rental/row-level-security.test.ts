import { randomUUID } from 'node:crypto';
import { type App, type Context, createTables, defineTask, GatherError, ownerOf, runMutation, toRowId } from 'gather';
import { type Answer, signedIn, startTestApp, type TestApp } from 'gather/testing';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { findTestPostgres } from '../../../src/gather/testing/postgres.ts';
import { eventually } from '../../helpers/eventually.ts';
import { filmRental } from './index.ts';

const MARY = '11111111-1111-4111-8111-111111111111';
const JON = '22222222-2222-4222-8222-222222222222';
const OF_MARY = { viewer: signedIn('CUSTOMER', MARY) };
const OF_JON = { viewer: signedIn('CUSTOMER', JON) };
const STAFF = { viewer: signedIn('STAFF', 'staff') };
const RENTALS = '{ rentals { nodes { id } totalCount } }';
/** The settings that a statement finds, and the role that it runs as. */
const SEEN = `select concat_ws(' ', current_setting('app.customer_id', true), current_user) as title`;

const idOf = (type: string, key: string | number) => btoa(`${type}:${key}`);
const HERS = [{ id: idOf('Rental', 1) }, { id: idOf('Rental', 4) }];
const HIS = [{ id: idOf('Rental', 2) }];

/** What customers are to PostgreSQL, whose roles are those of all its databases. It has no right to what is the engine's. */
const ROLE = `customer_${randomUUID().replaceAll('-', '')}`;
const POLICIES = `
  alter table rental enable row level security;
  alter table rental force row level security;
  create policy own on rental using (customer_id::text = current_setting('app.customer_id', true));
  create role ${ROLE} nologin;
  grant usage on schema public, accounting to ${ROLE};
  grant select on all tables in schema public, accounting to ${ROLE};
  grant update on rental to ${ROLE}`;

const remind = defineTask({
  name: 'remind',
  input: z.strictObject({ rental: z.string() }),
  attempts: 1,
  backoffSeconds: 1,
  timeoutMs: 1000,
  concurrency: 1,
  run: async () => null,
});

/** The film rental without rules of its own: who sees what is up to the policies. */
const policed: App = {
  ...filmRental,
  sdl: filmRental.sdl.replace(' @owned(by: "customer_id")', '').replace('id: ID! @owned', 'id: ID!'),
  tasks: [remind, ...filmRental.tasks],
  rowLevelSecurity: ({ role, user }) => (role === 'STAFF' ? {} : { 'app.customer_id': user?.owner ?? '', role: ROLE }),
  resolvers: {
    ...filmRental.resolvers,
    Query: { ...filmRental.resolvers['Query'], film: runText },
    Mutation: { ...filmRental.resolvers['Mutation'], extendRental },
  },
};

/** Runs the SQL that a test gives as the title. */
async function runText(_: unknown, { title: text }: { title: string }, { database }: Context) {
  const statement = database.bind<{ title: string }>(text, () => sql.raw(text), {});
  return (await database.run(statement, { name: 'text' })).rows[0];
}

/** Changes a rental, and reminds of it in the same transaction, in which it then gives the rental to Jón. */
function extendRental(_: unknown, { id, due_on }: { id: string; due_on: string }, context: Context) {
  return runMutation(context, { rental: null }, () =>
    context.database.transaction(async (transaction) => {
      const { rental: rentals } = createTables(transaction);
      const rental = await rentals.save({ rental_id: toRowId('Rental', id), due_on });
      const options = { database: transaction, owner: ownerOf(context.viewer) };
      await context.jobs.enqueue(remind, { rental: rental.rental_id }, options);
      if (due_on === '2000-01-01') await rentals.save({ rental_id: rental.rental_id, customer_id: JON });
      return { rental };
    }),
  );
}

let app: TestApp;

beforeAll(async () => {
  // One connection, which goes from viewer to viewer.
  app = await startTestApp(policed, { environment: { DATABASE_CONNECTIONS: '1' } });
  await app.ask(POLICIES);
});
beforeEach(() => void app.cost());
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  const client = new pg.Client({ connectionString: await findTestPostgres() });
  await client.connect();
  await client.query(`drop role ${ROLE}`);
  await client.end();
});

type Asking = typeof OF_MARY;

async function ask(query: string, variables: Record<string, unknown> = {}, asking?: Asking) {
  const { data, errors } = await app.query(query, variables, asking);
  expect(errors).toBeUndefined();
  return data;
}

const rentalsOf = async (asking?: Asking) => (await ask(RENTALS, {}, asking)).rentals;
const seenBy = async (asking?: Asking) =>
  (await ask('query ($text: String!) { film(title: $text) { title } }', { text: SEEN }, asking)).film.title;

test('each viewer reads what the policies show them, with no statement more', async () => {
  expect(await rentalsOf(OF_MARY)).toEqual({ nodes: HERS, totalCount: 2 });
  expect(await rentalsOf(OF_JON)).toEqual({ nodes: HIS, totalCount: 1 });
  expect(await rentalsOf()).toEqual({ nodes: [], totalCount: 0 });
  expect(app.cost()).toEqual({ statements: 6, calls: 0 });
  expect(await rentalsOf(STAFF)).toMatchObject({ totalCount: 4 });
});

test('by their keys, in nested lists and in conditions too', async () => {
  const query = `query ($hers: ID!, $his: ID!) {
    rental(by: { id: $his }) { id }
    nodes(ids: [$hers, $his]) { id }
    customers { nodes { first_name rentals { nodes { id } totalCount } } }
    copies(where: { rentals: { some: {} } }) { nodes { id } }
  }`;
  const variables = { hers: HERS[0]?.id, his: HIS[0]?.id };
  expect(await ask(query, variables, OF_MARY)).toEqual({
    rental: null,
    nodes: [HERS[0], null],
    customers: {
      nodes: [
        { first_name: 'Mary', rentals: { nodes: HERS.toReversed(), totalCount: 2 } },
        { first_name: 'Jón', rentals: { nodes: [], totalCount: 0 } },
        { first_name: 'Hana', rentals: { nodes: [], totalCount: 0 } },
      ],
    },
    copies: { nodes: [{ id: idOf('Copy', 1) }, { id: idOf('Copy', 3) }] },
  });
  expect(app.cost()).toEqual({ statements: 5, calls: 0 });
});

test('on one connection many viewers at a time see what is theirs', async () => {
  const viewers = [OF_MARY, OF_JON, undefined, STAFF];
  const counts = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => (await rentalsOf(viewers[index % 4])).totalCount),
  );
  expect(counts).toEqual(Array.from({ length: 40 }, (_, index) => [2, 1, 0, 4][index % 4]));
});

test('the settings end with the statement', async () => {
  expect(await seenBy(OF_MARY)).toBe(`${MARY} ${ROLE}`);
  expect(await seenBy(STAFF)).toMatch(/^ ?(?!customer)\w+$/);
  expect(await seenBy()).toBe(` ${ROLE}`);
});

test.each([
  ['fails', 'select 1 / 0'],
  ['is refused', 'select from nowhere'],
  ['has no right to a table', 'select from gather.job'],
])('the settings end with a statement that %s', async (_, text) => {
  const failing = 'query ($text: String!) { film(title: $text) { title } }';
  for (let round = 0; round < 2; round++) {
    const { errors } = await app.query(failing, { text }, OF_MARY);
    // The second time, with the same cause: pg must not take what was not prepared for prepared.
    expect(errors).toMatchObject([{ extensions: { exception: { message: expect.not.stringContaining('prepared') } } }]);
    expect(await seenBy(STAFF)).toMatch(/^ ?(?!customer)\w+$/);
    expect(await rentalsOf(OF_JON)).toEqual({ nodes: HIS, totalCount: 1 });
  }
});

test('the settings end with a statement whose client has left', async () => {
  const gone = new AbortController();
  const query = 'query ($text: String!) { film(title: $text) { title } }';
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { text: 'select pg_sleep(60)' } }),
    signal: gone.signal,
  };
  const leaving = app.server.fetch('http://gather/graphql', init, OF_MARY).catch(() => {});
  const sleeping = `select from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`;
  await eventually(async () => expect(await app.ask(sleeping)).toHaveLength(1));
  gone.abort();
  await leaving;
  await eventually(async () => expect(await app.ask(sleeping)).toEqual([]));
  expect(await seenBy(STAFF)).toMatch(/^ ?(?!customer)\w+$/);
  expect(await rentalsOf(OF_JON)).toEqual({ nodes: HIS, totalCount: 1 });
});

test('the settings are those of the new connection when one is lost', async () => {
  expect(await rentalsOf(OF_MARY)).toEqual({ nodes: HERS, totalCount: 2 });
  await app.ask(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and application_name = 'gather'`,
  );
  await eventually(async () => expect(await rentalsOf(OF_MARY)).toEqual({ nodes: HERS, totalCount: 2 }));
  expect(await seenBy(STAFF)).toMatch(/^ ?(?!customer)\w+$/);
});

test('rows that are streamed through a cursor are those of the viewer', async () => {
  const stream = async (asking?: Asking) => {
    const response = await app.server.fetch(
      'http://gather/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'multipart/mixed' },
        body: JSON.stringify({ query: '{ allRentals @stream { id } }' }),
      },
      asking ?? {},
    );
    return [...(await response.text()).matchAll(/"id":"(\w{8,}=*)"/g)].map(([, id]) => ({ id }));
  };
  expect(await stream(OF_MARY)).toEqual(HERS);
  expect(await stream(OF_JON)).toEqual(HIS);
  expect(await stream()).toEqual([]);
  expect(await stream(STAFF)).toHaveLength(4);
});

const EXTEND = `mutation ($id: ID!, $on: Date!) {
  extendRental(id: $id, due_on: $on) { rental { id due_on } userErrors { code } }
}`;
const jobs = () => app.ask<{ owner: string }>('select owner from gather.job order by id');

test('a mutation changes what is the viewer’s, with a job that their role may not write', async () => {
  // The queue reads once what it knows of the task.
  await ask(EXTEND, { id: HERS[0]?.id, on: '2026-12-23' }, OF_MARY);
  app.cost();
  const extended = await ask(EXTEND, { id: HERS[0]?.id, on: '2026-12-24' }, OF_MARY);
  expect(extended.extendRental).toEqual({ rental: { ...HERS[0], due_on: '2026-12-24' }, userErrors: [] });
  expect(await jobs()).toEqual([{ owner: MARY }, { owner: MARY }]);
  // The change, then the job: itself, a lock, the count of others, and its delivery.
  expect(app.sent().statements.map((text) => text.trim().split(/\s/)[0])).toEqual([
    ...['begin', 'update', 'insert', 'select', 'select', 'WITH', 'commit'],
  ]);
  const others = await ask(EXTEND, { id: HIS[0]?.id, on: '2026-12-24' }, OF_MARY);
  expect(others.extendRental).toEqual({ rental: null, userErrors: [{ code: 'NOT_FOUND' }] });
});

test('values that a policy refuses are a user error, and leave nothing', async () => {
  const given = await ask(EXTEND, { id: HERS[0]?.id, on: '2000-01-01' }, OF_MARY);
  expect(given.extendRental).toEqual({ rental: null, userErrors: [{ code: 'FORBIDDEN' }] });
  expect(await jobs()).toHaveLength(2);
  expect(await rentalsOf(OF_JON)).toEqual({ nodes: HIS, totalCount: 1 });
  expect(await rentalsOf(OF_MARY)).toEqual({ nodes: HERS, totalCount: 2 });
});

test('nothing is read for a viewer who could not be identified', async () => {
  const failure = new GatherError('UPSTREAM_UNAVAILABLE', 'The keys cannot be fetched.');
  const { data, errors } = await app.query(
    '{ rentals { totalCount } }',
    {},
    { viewer: { ...policed.roles.nobody, failure } },
  );
  expect(data).toEqual({ rentals: { totalCount: null } });
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
  expect(app.cost()).toEqual({ statements: 0, calls: 0 });
});

test('a setting that PostgreSQL refuses is a fault, as often as it is made', async () => {
  await using broken = await startTestApp({ ...policed, rowLevelSecurity: () => ({ role: 'nobody_at_all' }) });
  for (let round = 0; round < 2; round++) {
    const { errors } = await broken.query('{ rentals { totalCount } }', {}, OF_MARY);
    expect(errors).toMatchObject([{ extensions: { exception: { message: 'role "nobody_at_all" does not exist' } } }]);
  }
});

test('a setting that is no text is a fault', async () => {
  const wrong = { ...policed, rowLevelSecurity: () => ({ 'app.customer_id': undefined as unknown as string }) };
  await using broken = await startTestApp(wrong);
  const { errors }: Answer = await broken.query('{ rentals { totalCount } }', {}, OF_MARY);
  expect(errors).toMatchObject([
    {
      extensions: {
        exception: { message: 'Expected of rowLevelSecurity a text as the setting app.customer_id, got undefined.' },
      },
    },
  ]);
});
