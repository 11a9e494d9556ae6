import { randomUUID } from 'node:crypto';
import { createTables, runMutation } from 'gather';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startTestWorker } from '../../helpers/worker.ts';
import { NewBook } from '../library/books/book-inputs.ts';
import type { MutationResolvers } from '../library/generated/schema.ts';
import { library } from '../library/index.ts';
import { addTask } from '../library/jobs/add.ts';

/** Writes a book by its ISBN and enqueues a job, or neither. */
const createBook: MutationResolvers['createBook'] = (_, { input }, context) =>
  runMutation(context, { book: null }, () =>
    context.database.transaction(async (transaction) => {
      const { isbn, ...values } = NewBook.parse(input);
      const { book: books } = createTables(transaction);
      const { row } = await books.updateOrCreate({ isbn }, values, { columns: context.columns.book });
      await context.jobs.enqueue(addTask, { x: 1, y: 2 }, { database: transaction, owner: null });
      return { book: row };
    }),
  );
const { Mutation, ...others } = library.resolvers;
const resolvers = { ...others, Mutation: { ...Mutation, createBook } };

let gather: TestApp;
let worker: AsyncDisposable;
let url: string;

beforeAll(async () => {
  // One that has everything prepared.
  gather = await startTestApp({ databaseConnections: 1, application: { resolvers } });
  ({ url } = await gather.app.start());
  worker = await startTestWorker(gather);
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await gather.close();
});

const BOOK = btoa('Book:1');
const DONE = 'userErrors { code message }';

/** The mutation that writes a book in a transaction. */
const writing = (isbn: string) => `createBook(input: {
  isbn: "${isbn}", title: "New", price: "1", authorId: "${btoa('Author:1')}" }) { book { id price version createdAt } ${DONE} }`;

/** One request of each kind, as clients send them while servers run. */
async function useEverything(): Promise<void> {
  const read = await gather.query(`{
    catalogue { books(first: 2) { nodes { id isbn title blurb status price pages version createdAt updatedAt isLent
      author { name } loans(first: 1) { nodes { id dueOn book { title } } totalCount } } totalCount }
      first { title } price { average } }
    books(first: 2) { nodes { id title } } loans(first: 2) { nodes { id dueOn book { author { name } } } totalCount }
    jobs(first: 2) { nodes { id state task } } schedules { name lastJob { id } }
    node(id: "${BOOK}") { ... on Book { isbn cover { id } author { books(first: 2) { nodes { isbn } } } } }
  }`);
  expect(read.errors).toBeUndefined();
  // So that it can be lent again.
  await gather.database.ask('update lending.loan set "returnedOn" = "dueOn" where "bookId" = 1');
  const write = writing(randomUUID());
  const { data, errors } = await gather.query(`mutation {
    add(x: 1, y: 2) { job { id } ${DONE} }
    ${write} again: ${write}
    lendBook(input: { bookId: "${BOOK}" }) { loan { id dueOn } ${DONE} }
    updateBook(input: { id: "${BOOK}", blurb: "Good" }) { book { id version } ${DONE} }
    runSchedule(name: "remindAll") { job { id } ${DONE} }
    createUpload(input: { name: "a.txt", size: 3 }) { upload { url } ${DONE} }
  }`);
  expect(errors).toBeUndefined();
  for (const { userErrors } of Object.values<{ userErrors: object[] }>(data)) expect(userErrors).toEqual([]);
  expect(data.again.book).toMatchObject({ id: data.createBook.book.id, version: 2 });
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
    where schemaname in ('public', 'lending', 'gather', 'gather_jobs') order by 1`);
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
    expect.arrayContaining([
      'lending.loan',
      'gather."user"',
      'gather.job',
      'gather.upload',
      'gather_jobs.queue',
      'public.book',
    ]),
  );
  gather.cost();
  await useEverything();
  // None was run again.
  expect(sent('"isLeased"')).toHaveLength(1);
});

test('a type that a migration changes costs one run more, and is not noticed outside transactions', async () => {
  const query = '{ catalogue { first { price } } }';
  const first = 'from "public"."book" where';
  // Until its statement has a name, whatever the tests before have run.
  for (let count = 0; count < 20; count++) await gather.query(query);
  gather.cost();
  await gather.query(query);
  expect(sent(first)).toHaveLength(1);
  await gather.database.ask('alter table book alter price type numeric(14,3)');
  const { data, errors } = await gather.query(query);
  expect(errors).toBeUndefined();
  expect(data.catalogue.first.price).toMatch(/^\d+\.\d{3}$/);
  expect(sent(first)).toHaveLength(2);
  // From then on as before, on whatever connection.
  const all = await Promise.all(Array.from({ length: 12 }, () => gather.query(query)));
  expect(all.flatMap((answer) => answer.errors ?? [])).toEqual([]);
  expect(sent(first)).toHaveLength(12);
});

test('in a transaction, where nothing can be run again, it fails once, in words, and for nobody else', async () => {
  const write = () => gather.query(`mutation { ${writing(randomUUID())} }`);
  for (const { errors } of await Promise.all(Array.from({ length: 10 }, write))) expect(errors).toBeUndefined();
  await gather.database.ask('alter table book alter price type numeric(16,4)');
  const { errors } = await write();
  expect(errors).toMatchObject([
    {
      message: 'The tables of the database have just been changed. Try again.',
      extensions: { code: 'DATABASE_UNAVAILABLE', retryable: true },
    },
  ]);
  for (const { data, errors: later } of await Promise.all(Array.from({ length: 10 }, write))) {
    expect(later).toBeUndefined();
    expect(data.createBook.book.price).toBe('1.0000');
  }
});

test('a column that is dropped costs what reads it, until it is there again', async () => {
  const days = '{ loans(first: 1) { nodes { dueOn } } }';
  await gather.query(days);
  await gather.database.ask('alter table lending.loan rename "dueOn" to "dueBy"');
  const { errors } = await gather.query(days);
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect((await gather.query('{ loans(first: 1) { nodes { id reminded } } }')).errors).toBeUndefined();
  await gather.database.ask('alter table lending.loan rename "dueBy" to "dueOn"');
  expect((await gather.query(days)).errors).toBeUndefined();
});
