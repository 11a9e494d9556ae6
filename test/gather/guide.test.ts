import { readFile } from 'node:fs/promises';
import { hangs, signedIn, startTestApp } from 'gather/testing';
import { expect, test } from 'vitest';
import { library } from './library/index.ts';

/** The tests of docs/testing.md. */

const PAGE = '{ books { nodes { title rating author { name } } } }';
const BOOK = `
  with ann as (insert into author (name) values ('Ann') returning id)
  insert into book (isbn, title, price, "authorId") select '1', 'One', 9.5, id from ann`;

test('a page of books with ratings is two statements and one call', async () => {
  await using app = await startTestApp(library, { services: { ratings: () => ({ ratings: { 1: 4.5 } }) } });
  await app.ask(BOOK);
  const { data, errors } = await app.query(PAGE);
  expect(errors).toBeUndefined();
  expect(data.books.nodes).toEqual([{ title: 'One', rating: 4.5, author: { name: 'Ann' } }]);
  expect(app.cost()).toEqual({ statements: 2, calls: 1 });
});

test('a service that hangs costs its own field only', async () => {
  await using app = await startTestApp(library, {
    services: { ratings: hangs },
    environment: { RATINGS_TIMEOUT_MS: '100' },
  });
  await app.ask(BOOK);
  const { data, errors } = await app.query(PAGE);
  expect(data.books.nodes).toEqual([{ title: 'One', rating: null, author: { name: 'Ann' } }]);
  expect(errors).toMatchObject([{ path: ['books', 'nodes', 0, 'rating'], extensions: { code: 'UPSTREAM_TIMEOUT' } }]);
});

test('a member lends a book, and nobody else may', async () => {
  await using app = await startTestApp(library);
  await app.ask(BOOK);
  const { data } = await app.query('{ books { nodes { id } } }');
  const lend = `mutation { lendBook(input: { bookId: "${data.books.nodes[0].id}" }) { loan { id } userErrors { code } } }`;
  expect((await app.query(lend)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  const lent = await app.query(lend, {}, { viewer: signedIn('MEMBER', 'user:ann') });
  expect(lent.data.lendBook).toEqual({ loan: { id: expect.any(String) }, userErrors: [] });
  expect(await app.ask('select "memberOwner" from lending.loan')).toEqual([{ memberOwner: 'user:ann' }]);
});

test('a job adds two numbers', async () => {
  await using app = await startTestApp(library);
  await app.startWorker();
  const member = { viewer: signedIn('MEMBER') };
  const { data } = await app.query('mutation { add(x: 1, y: 2) { job { id } } }', {}, member);
  const read = `{ job(id: "${data.add.job.id}") { state result } }`;
  await expect
    .poll(async () => (await app.query(read, {}, member)).data.job)
    .toEqual({ state: 'SUCCEEDED', result: 3 });
});

test('the guide shows the tests of this file', async () => {
  const [guide, own] = await Promise.all([
    readFile('docs/testing.md', 'utf8'),
    readFile(new URL(import.meta.url), 'utf8'),
  ]);
  const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block = '']) => block);
  const tests = blocks.filter((block) => block.includes("test('"));
  expect(tests).toHaveLength(4);
  for (const block of tests) expect(own).toContain(block);
});
