import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';
const WHOLE = '{ __typename }';
const DEFERRED = '{ ... @defer { about { name } } catalogue { count } }';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
afterAll(() => gather.close());

describe('a whole answer', () => {
  test.each([
    [undefined, JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['*/*;q=0.1', JSON_TYPE],
    [`${RESPONSE_TYPE}, ${JSON_TYPE}`, RESPONSE_TYPE],
    [`${JSON_TYPE}, ${RESPONSE_TYPE}`, JSON_TYPE],
    [`${RESPONSE_TYPE};q=0.5, ${JSON_TYPE}`, JSON_TYPE],
    [`${JSON_TYPE};q=0.5, ${RESPONSE_TYPE}`, RESPONSE_TYPE],
    [`${JSON_TYPE};q=.2, ${RESPONSE_TYPE} ; Q=0.9`, RESPONSE_TYPE],
    [`${RESPONSE_TYPE};q=0, ${JSON_TYPE};q=0.1`, JSON_TYPE],
    [`${JSON_TYPE};q=0, */*`, RESPONSE_TYPE],
    [`${JSON_TYPE};q=0.000, application/*;q=0.1`, RESPONSE_TYPE],
    ['Application/JSON; Charset="UTF-8"', JSON_TYPE],
    [`${JSON_TYPE};charset=utf8`, JSON_TYPE],
    [`${JSON_TYPE};charset=utf-16, ${RESPONSE_TYPE};q=0.1`, RESPONSE_TYPE],
    [`text/html;level="a,b;q=1", ${RESPONSE_TYPE}`, RESPONSE_TYPE],
    [`multipart/mixed, ${JSON_TYPE}`, JSON_TYPE],
    [`multipart/mixed;q=0.2, text/event-stream`, 'text/event-stream'],
    [`multipart/mixed, text/event-stream;q=0.2`, 'multipart/mixed'],
  ])('to an Accept of %s is %s', async (accept, type) => {
    const response = await ask(WHOLE, accept);
    expect(response.status).toBe(200);
    expect(typeOf(response)).toBe(type);
    expect(await response.text()).toContain('"__typename":"Query"');
  });
});

describe('an answer in parts', () => {
  test.each([
    ['multipart/mixed', 'of today'],
    ['Multipart/Mixed', 'of today'],
    ['multipart/mixed;incrementalSpec="v0.2"', 'of today'],
    ['multipart/mixed;deferSpec=20220824', 'of 2022'],
    ['multipart/mixed;deferSpec="20220824"', 'of 2022'],
    ['multipart/mixed; DEFERSPEC="20220824";q=0.9, application/json;q=0.5', 'of 2022'],
    ['multipart/mixed;incrementalSpec=v0.2, multipart/mixed;deferSpec=20220824;q=0.5', 'of today'],
    [`multipart/mixed, ${JSON_TYPE}`, 'of today'],
    [`${JSON_TYPE}, multipart/mixed`, 'of today'],
    ['multipart/mixed, */*;q=0.1', 'of today'],
  ])('to an Accept of %s is in the format %s', async (accept, format) => {
    const response = await ask(DEFERRED, accept);
    expect(typeOf(response)).toBe('multipart/mixed');
    expect(await response.text()).toMatch(format === 'of 2022' ? /"incremental":\[\{"data":[^\n]*"path"/ : /"pending"/);
  });

  test.each([
    ['text/event-stream, multipart/mixed;q=0.9', 'text/event-stream'],
    ['text/event-stream;q=0.8, multipart/mixed;q=0.9', 'multipart/mixed'],
    ['text/event-stream, multipart/mixed;q=0', 'text/event-stream'],
    [`multipart/mixed;q=0, ${JSON_TYPE}`, JSON_TYPE],
    [`multipart/mixed;q=0.5, ${JSON_TYPE}`, JSON_TYPE],
    [`${JSON_TYPE};deferSpec=20220824`, JSON_TYPE],
    ['text/x-multipart/mixed, */*', JSON_TYPE],
  ])('to an Accept of %s is %s', async (accept, type) => {
    const response = await ask(DEFERRED, accept);
    expect(response.status).toBe(200);
    expect(typeOf(response)).toBe(type);
    await response.text();
  });
});

describe('a client that accepts nothing that there is', () => {
  test.each(['image/png', 'text/html;q=0', `${JSON_TYPE};q=0`, 'application/*;q=0', '*/*;q=0', 'json', ','])(
    'is told so before anything is done: %s',
    async (accept) => {
      gather.cost();
      const response = await ask('mutation { add(x: 1, y: 1) { job { id } } }', accept);
      expect(response.status).toBe(406);
      expect(typeOf(response)).toBe(JSON_TYPE);
      const message = `Expected an Accept of ${JSON_TYPE}, ${RESPONSE_TYPE}, multipart/mixed, text/event-stream, got "${accept}".`;
      expect(await response.json()).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
      expect(gather.cost().statements).toEqual([]);
    },
  );

  test.each([JSON_TYPE, 'multipart/mixed', 'text/event-stream;q=0, */*'])(
    'is told so of a subscription: %s',
    async (accept) => {
      gather.cost();
      const response = await ask('subscription { job(id: "x") { id } }', accept);
      expect(response.status).toBe(406);
      expect(await response.json()).toMatchObject({
        errors: [
          {
            message: expect.stringMatching(/^Expected an Accept of text\/event-stream for a subscription, got "/),
            extensions: { code: 'BAD_REQUEST' },
          },
        ],
      });
      expect(gather.cost().statements).toEqual([]);
    },
  );
});

test.each([
  ['text/html', 'text/html'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  [`text/html;q=0, ${JSON_TYPE}`, JSON_TYPE],
  [`text/html;q=0.5, ${JSON_TYPE}`, JSON_TYPE],
])('a GET with an Accept of %s is answered with %s', async (accept, type) => {
  const response = await gather.app.fetch(`http://gather/graphql?query=${WHOLE}`, { headers: { accept } });
  expect(typeOf(response)).toBe(type);
  await response.text();
});

test.each([
  undefined,
  '*/*',
  'text/event-stream, */*',
  'multipart/mixed, text/event-stream',
  `${JSON_TYPE}, text/event-stream, multipart/mixed`,
])('a subscription is answered with events, to an Accept of %s', async (accept) => {
  const { data } = await gather.query('mutation { add(x: 1, y: 1) { job { id } } }');
  const response = await ask(`subscription { job(id: "${data?.add.job.id}") { id } }`, accept);
  expect(response.status).toBe(200);
  expect(typeOf(response)).toBe('text/event-stream');
  // Its first event; leaving the loop ends it.
  for await (const chunk of response.body ?? []) if (`${Buffer.from(chunk)}`.includes('"job"')) break;
});

function ask(query: string, accept: string | undefined): Promise<Response> {
  return gather.request(query, {}, { headers: accept === undefined ? {} : { accept } });
}

function typeOf(response: Response): string | undefined {
  return response.headers.get('content-type')?.replace(/;.*/, '');
}
