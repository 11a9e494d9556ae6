import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

const VALIDATION = 'GRAPHQL_VALIDATION_FAILED';
const INPUT = 'BAD_USER_INPUT';
const BY = 'query ($by: BookBy!) { book(by: $by) { id } }';
const STATES = 'query ($where: JobWhere) { jobs(where: $where) { nodes { id } } }';

/** Each with a name that is almost one of the schema. */
const MISSPELT: [string, string, Record<string, unknown>, string][] = [
  ['a field', '{ catalouge { count } }', {}, VALIDATION],
  ['an argument', '{ catalogue { books(frist: 3) { nodes { id } } } }', {}, VALIDATION],
  ['an argument of a directive', '{ about @skip(iff: true) { name } }', {}, VALIDATION],
  ['a type', 'query ($by: BokBy!) { book(by: $by) { id } }', {}, VALIDATION],
  ['a fragment’s type', '{ node(id: "a") { ... on Bok { id } } }', {}, VALIDATION],
  ['a field of an interface', '{ node(id: "a") { isbn } }', {}, VALIDATION],
  ['an input field', '{ book(by: { isbnn: "a" }) { id } }', {}, VALIDATION],
  ['an input field in variables', BY, { by: { isbnn: 'a' } }, INPUT],
  ['an enum value', '{ jobs(where: { state: { eq: SUCEEDED } }) { nodes { id } } }', {}, VALIDATION],
  ['an enum value in variables', STATES, { where: { state: { eq: 'SUCEEDED' } } }, INPUT],
  [
    'an input field in variables of parts',
    `${BY.replace('{ book', '{ ... @defer { book')} }`,
    { by: { isbnn: 'a' } },
    INPUT,
  ],
  ['a selection that is missing', '{ front }', {}, VALIDATION],
  ['a selection that is missing of a list', 'mutation { add(x: 1, y: 2) { job } }', {}, VALIDATION],
  ['an enum value of a list', STATES, { where: { state: { in: ['SUCCEEDED', 'FAILD'] } } }, INPUT],
  ['an argument of a directive that streams', '{ catalogue { all @stream(initalCount: 1) { id } } }', {}, VALIDATION],
  ['a subscription', 'subscription { jobb(id: "a") { id } }', {}, VALIDATION],
];

let open: TestApp;
let closed: TestApp;

beforeAll(async () => {
  open = await startTestApp();
  closed = await startTestApp({ isDevelopment: false, isIntrospectable: false, hasGraphiQL: false });
});
afterAll(async () => {
  await open.close();
  await closed.close();
});

describe('where introspection is off', () => {
  test.each([
    ['__schema', '{ __schema { types { name } } }'],
    ['__type', '{ __type(name: "Book") { name } }'],
    ['__schema', 'fragment F on Query { hidden: __schema { types { name } } } { ...F ... { ...F } }'],
    ['__type', '{ about { name } other: __type(name: "Book") { name } }'],
  ])('%s is refused, with a code: %s', async (name, query) => {
    const { data, errors } = await closed.query(query);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      { message: `Expected no introspection, got ${name}: it is turned off (INTROSPECTION).` },
    ]);
    expect(errors?.[0]?.extensions).toEqual({ code: 'INTROSPECTION_DISABLED' });
  });

  test('the name of a type is told all the same', async () => {
    const { data } = await closed.query('{ __typename about { __typename } }');
    expect(data).toEqual({ __typename: 'Query', about: { __typename: 'About' } });
  });

  test.each(MISSPELT)('no name is suggested: %s', async (_, query, variables, code) => {
    for (const accept of ['application/json', 'multipart/mixed', 'text/event-stream']) {
      const text = await (await closed.request(query, variables, { headers: { accept } })).text();
      expect(text).toContain(`"code":"${code}"`);
      expect(text).not.toMatch(/did you mean/i);
    }
  });
});

test.each(MISSPELT)('where introspection is on, a name is suggested: %s', async (_, query, variables) => {
  const { errors } = await open.query(query, variables);
  expect(errors?.[0]?.message).toMatch(/Did you mean .*\?$/);
});

test('where introspection is on, the schema is told', async () => {
  const { data } = await open.query('{ __schema { queryType { name } } __type(name: "Book") { name } }');
  expect(data).toEqual({ __schema: { queryType: { name: 'Query' } }, __type: { name: 'Book' } });
});

test('where GraphiQL is off, a browser is answered as any client is', async () => {
  const get = (app: TestApp, accept: string) => app.app.fetch('http://gather/graphql', { headers: { accept } });
  expect(await (await get(open, 'text/html')).text()).toMatch(/<html/i);
  expect((await get(closed, 'text/html')).status).toBe(406);
  const browser = await get(closed, 'text/html,application/xhtml+xml,*/*;q=0.8');
  const other = await get(closed, '*/*');
  expect(browser.status).toBe(other.status);
  expect(await browser.json()).toEqual(await other.json());
});
