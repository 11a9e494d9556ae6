import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';

const MAX_BYTES = 16_000_000;
const JSON_TYPE = 'application/json';
const QUERY = '{"query":"{ about { name } }"}';

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp();
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

type Post = (body: BodyInit | null, contentType?: string) => Promise<Response>;

const WAYS: [string, Post][] = [
  ['in process', (body, type) => gather.app.fetch('http://gather/graphql', toInit(body, type))],
  ['over a socket', (body, type) => fetch(`${url}/graphql`, toInit(body, type))],
];

describe.each(WAYS)('a body sent %s', (_, post) => {
  test.each([JSON_TYPE, 'application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON'])(
    'is read as JSON: %s',
    async (type) => {
      const response = await post(QUERY, type);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ data: { about: { name: expect.any(String) } } });
    },
  );

  test('may hold any letter', async () => {
    const title = 'Räucherofen ✓ 𝔊 "\\" \u2028';
    const query = 'mutation ($title: String!) { createTask(input: { title: $title }) { task { title } } }';
    const response = await post(JSON.stringify({ query, variables: { title } }));
    expect(await response.json()).toMatchObject({ data: { createTask: { task: { title } } } });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/mixed; boundary=x',
    'application/graphql',
    'application/jsonp',
    'application/json-patch+json',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
  ])('of another type is refused: %s', async (type) => {
    const response = await post(QUERY, type);
    expect(response.status).toBe(415);
    expect(response.headers.get('accept')).toBe(JSON_TYPE);
    await response.text();
  });

  test('without a type is refused', async () => {
    const response = await post(new Blob([QUERY]).stream() as ReadableStream, '');
    expect(response.status).toBe(415);
    await response.text();
  });

  test.each(['{', '', 'query { about { name } }', '{"query":"{ a }"}}', '\u0000'])(
    'that is not JSON is refused: %j',
    async (body) => {
      const response = await post(body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringMatching(/^Expected JSON, got /), extensions: { code: 'BAD_REQUEST' } }],
      });
    },
  );

  test.each(['[]', `[${QUERY}]`, 'null', '1', '"{ about { name } }"'])(
    'that is no object is refused: %s',
    async (body) => {
      const response = await post(body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringMatching(/^Expected a JSON object/) }],
      });
    },
  );

  test('may be as long as the limit', async () => {
    const response = await post(padded(MAX_BYTES));
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty('data.about');
  });

  test.each([MAX_BYTES + 1, 20 * MAX_BYTES])('that is longer than the limit is refused: %i bytes', async (bytes) => {
    const response = await post(padded(bytes));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      errors: [{ message: `Expected a body of at most ${MAX_BYTES} bytes, got ${bytes}.` }],
    });
    expect((await post(QUERY)).status).toBe(200);
  });

  test('is counted in bytes, not in letters', async () => {
    const response = await post(
      JSON.stringify({ query: '{ about { name } }', operationName: null, variables: { x: '✓'.repeat(MAX_BYTES / 2) } }),
    );
    expect(response.status).toBe(413);
    await response.text();
  });
});

test('a client that sends half a body and leaves is forgotten', async () => {
  for (let count = 0; count < 20; count++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: gather\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: 1000\r\n\r\n{"query":`,
    );
    await new Promise(setImmediate);
    socket.destroy();
  }
  const response = await fetch(`${url}/graphql`, toInit(QUERY));
  expect(response.status).toBe(200);
  await response.text();
});

test('a body that comes in pieces is put together', async () => {
  const pieces = [...Buffer.from('{"query":"{ about { name } } # ✓"}')].map((byte) => Uint8Array.of(byte));
  const init = { ...toInit(new Blob(pieces).stream() as ReadableStream), duplex: 'half' } as RequestInit;
  const response = await fetch(`${url}/graphql`, init);
  expect(await response.json()).toHaveProperty('data.about');
});

function toInit(body: BodyInit | null, contentType = JSON_TYPE): RequestInit {
  const headers: Record<string, string> = contentType ? { 'content-type': contentType } : {};
  return { method: 'POST', headers, body, ...(body instanceof ReadableStream && { duplex: 'half' }) };
}

/** An operation in JSON of exactly so many bytes. */
function padded(bytes: number): string {
  return QUERY + ' '.repeat(bytes - QUERY.length);
}
