import { dead, fails, hangs, signedIn, type TestService } from 'gather/testing';
import { describe, expect, test } from 'vitest';
import { startLibrary } from './library-app.ts';

const PAGE = '{ books { nodes { title rating shelf isLent author { name } } } }';
const ROWS = [
  { title: 'One', rating: 4.5, shelf: 'A1', isLent: false, author: { name: 'Ann' } },
  { title: 'Three', rating: 3, shelf: 'A2', isLent: true, author: { name: 'Bob' } },
  { title: 'Two', rating: null, shelf: 'B1', isLent: false, author: { name: 'Ann' } },
];
const STAFF = { viewer: signedIn('STAFF') };

test('a page over three tables and two services is three statements and two calls', async () => {
  await using app = await startLibrary();
  const { data, errors } = await app.query(PAGE);
  expect(errors).toBeUndefined();
  expect(data.books.nodes).toEqual(ROWS);
  expect(app.cost()).toEqual({ statements: 3, calls: 2 });
});

test('statements name the schema of each table, and the columns that are selected', async () => {
  await using app = await startLibrary();
  await app.query('{ books { nodes { title isLent } } }');
  const { statements, calls } = app.sent();
  expect(statements.map((text) => text.replaceAll(/\s+/g, ' ').trim())).toEqual([
    'select "id", "title" from "public"."book" where true order by "title" asc, "id" asc limit $1',
    'select "bookId" from "lending"."loan" where "bookId" = any($1::bigint[]) and "returnedOn" is null',
  ]);
  expect(calls).toEqual([]);
});

describe.each<{ name: string; behaviour: TestService; code: string }>([
  { name: 'hangs', behaviour: hangs, code: 'UPSTREAM_TIMEOUT' },
  { name: 'fails', behaviour: fails, code: 'UPSTREAM_UNAVAILABLE' },
  { name: 'is dead', behaviour: dead, code: 'UPSTREAM_UNAVAILABLE' },
])('where a service $name', ({ behaviour, code }) => {
  test('the page comes without what it would have said', async () => {
    await using app = await startLibrary();
    app.setService('ratings', behaviour);
    const { data, errors } = await app.query(PAGE);
    expect(data.books.nodes).toEqual(ROWS.map((row) => ({ ...row, rating: null })));
    expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual([code, code, code]);
    expect(errors?.[0]?.extensions).toMatchObject({ service: 'ratings' });
  });
});

test('node gives an object of any type by its ID', async () => {
  await using app = await startLibrary();
  const { data } = await app.query('{ books(first: 1) { nodes { id author { id } } } }');
  const [book] = data.books.nodes;
  const ask = (id: string) => app.query('query ($id: ID!) { node(id: $id) { __typename id } }', { id });
  expect((await ask(book.id)).data.node).toEqual({ __typename: 'Book', id: book.id });
  expect((await ask(book.author.id)).data.node).toEqual({ __typename: 'Author', id: book.author.id });
  expect((await ask(btoa('Book:999'))).data.node).toBeNull();
  expect((await ask(btoa('Shelf:1'))).errors?.[0]?.extensions?.['code']).toBe('INVALID_INPUT');
});

test('pages follow each other by their cursors, and the pages of all parents are one statement', async () => {
  await using app = await startLibrary();
  const ask = (after: string | null) =>
    app.query(
      `query ($after: String) {
        books(first: 2, after: $after) { totalCount nodes { title } pageInfo { hasNextPage endCursor } }
      }`,
      { after },
    );
  const first = await ask(null);
  expect(first.data.books).toMatchObject({ totalCount: 3, nodes: [{ title: 'One' }, { title: 'Three' }] });
  expect(first.data.books.pageInfo.hasNextPage).toBe(true);
  const second = await ask(first.data.books.pageInfo.endCursor);
  expect(second.data.books.nodes).toEqual([{ title: 'Two' }]);
  expect(second.data.books.pageInfo.hasNextPage).toBe(false);

  app.sent();
  const nested = await app.query('{ books { nodes { author { books(first: 1) { nodes { title } } } } } }');
  expect(nested.data.books.nodes[2]).toEqual({ author: { books: { nodes: [{ title: 'One' }] } } });
  expect(app.cost()).toEqual({ statements: 3, calls: 0 });
});

test('a list in another schema is a page for each parent', async () => {
  await using app = await startLibrary();
  const { data, errors } = await app.query('{ books { nodes { title loans { nodes { dueOn } } } } }', {}, STAFF);
  expect(errors).toBeUndefined();
  expect(data.books.nodes[1]).toEqual({ title: 'Three', loans: { nodes: [{ dueOn: '2026-01-01' }] } });
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });
});

test('in development a fault of the program says what it is, in production nothing', async () => {
  await using development = await startLibrary();
  const [shown] = (await development.query('{ broken }')).errors ?? [];
  expect(shown?.message).toBe('Something went wrong on our side.');
  expect(shown?.extensions?.['exception']).toMatchObject({ message: 'The shelf is not there.' });
  expect(JSON.stringify(shown?.extensions?.['exception'])).toContain('library/Query.ts');

  await using production = await startLibrary({ environment: { NODE_ENV: 'production' } });
  const answer = await production.query('{ broken }');
  expect(answer.errors?.[0]?.extensions).toEqual({
    code: 'INTERNAL_SERVER_ERROR',
    retryable: false,
    requestId: expect.any(String),
  });
  expect(JSON.stringify(answer)).not.toContain('shelf is not there');
});
