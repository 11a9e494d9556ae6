import type { OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Reply, send } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectRefused } from '../helpers/under-attack.ts';

const ADD = 'mutation { add(x: 1, y: 2) { job { id } } }';
const JSON_BODY = JSON.stringify({ query: ADD });
const EVIL = 'https://evil.example';
const FORM = `query=${encodeURIComponent(ADD)}`;
const MULTIPART = ['--x', 'content-disposition: form-data; name="query"', '', ADD, '--x--', ''].join('\r\n');
const GRAPHQL_MULTIPART = ['--x', 'content-disposition: form-data; name="operations"', '', JSON_BODY, '--x--', ''].join(
  '\r\n',
);

let target: Target;
let cookie: string;

beforeAll(async () => {
  target = await startTarget();
  cookie = `gather_session=${await target.enter('CUSTOMER')}`;
}, 60_000);
beforeEach(() => target.database.ask('truncate gather.job cascade'));
afterAll(() => target.close());

test('the cookie is good for a page of our own', async () => {
  expect(await attempt({ 'content-type': 'application/json' }, JSON_BODY)).toMatchObject({ status: 200 });
  expect(await jobs()).toBe(1);
});

describe("with the viewer's cookie, nothing is done for a page of others that sends", () => {
  test.each([
    ['a form', 'application/x-www-form-urlencoded', FORM],
    ['a form that says JSON', 'application/x-www-form-urlencoded; charset=application/json', JSON_BODY],
    ['text', 'text/plain', JSON_BODY],
    ['text with a parameter', 'text/plain; application/json', JSON_BODY],
    ['text, then JSON', 'text/plain, application/json', JSON_BODY],
    ['JSON, then text', 'application/json, text/plain', JSON_BODY],
    ['a type that begins like JSON', 'application/jsonp', JSON_BODY],
    ['GraphQL', 'application/graphql', ADD],
    ['no type', '', JSON_BODY],
    ['XML', 'text/xml', JSON_BODY],
  ])('%s', async (_, type, body) => {
    const { status } = await attempt({ 'content-type': type, origin: EVIL }, body);
    expect(status).toBe(415);
    expect(await jobs()).toBe(0);
  });

  test.each([
    ['parts', 'multipart/form-data; boundary=x', MULTIPART],
    ['parts with an operation', 'multipart/form-data; boundary=x', GRAPHQL_MULTIPART],
    ['parts in capitals', 'Multipart/Form-Data;boundary="x"', GRAPHQL_MULTIPART],
  ])('%s', async (_, type, body) => {
    expectRefused([await attempt({ 'content-type': type, origin: EVIL }, body)], 403, /^Expected one of the headers /);
    expect(await jobs()).toBe(0);
  });

  test.each(['GET', 'HEAD'])('a mutation as a link (%s)', async (method) => {
    const path = `/graphql?query=${encodeURIComponent(ADD)}`;
    const reply = await send(target.url, { method, path, headers: { cookie, accept: 'application/json' } });
    expect(reply.status).toBe(405);
    expect(await jobs()).toBe(0);
  });

  test('a query as a link', async () => {
    const path = `/graphql?query=${encodeURIComponent('{ viewer { email } about { name } }')}`;
    const { status, body } = await send(target.url, {
      method: 'GET',
      path,
      headers: { cookie, accept: 'application/json' },
    });
    expect({ status, data: JSON.parse(body).data }).toEqual({
      status: 200,
      data: { viewer: null, about: { name: expect.any(String) } },
    });
  });
});

test.each(['content-type', 'apollo-require-preflight', 'authorization,content-type'])(
  'a page of others that asks whether it may send %s is told that it may not',
  async (header) => {
    const reply = await send(target.url, {
      method: 'OPTIONS',
      headers: { origin: EVIL, 'access-control-request-method': 'POST', 'access-control-request-headers': header },
    });
    expectRefused(
      [reply],
      403,
      /^Expected a page of an allowed origin \(CORS_ORIGINS\), got one of "https:\/\/evil\.example"\.$/,
    );
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  },
);

function attempt(headers: OutgoingHttpHeaders, body: string): Promise<Reply> {
  return send(target.url, { headers: { cookie, accept: 'application/json', ...headers }, body });
}

async function jobs(): Promise<number> {
  return (await target.database.ask('select from gather.job')).length;
}
