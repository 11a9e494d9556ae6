import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createSchema, createYoga, type Plugin } from 'graphql-yoga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReadJson } from '../../../src/gather/http/json-body.ts';
import { OpenRequests } from '../../../src/gather/http/open-requests.ts';
import type { ServerContext } from '../../../src/gather/http/server-context.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { liveBytes } from '../../helpers/live-bytes.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';

const MAX_BYTES = 1_000_000;
const JSON_TYPE = 'application/json';
const QUERY = '{"query":"{ about { name } }"}';
const SHORT_MS = 300;
const HEAD = `POST /graphql HTTP/1.1\r\nhost: gather\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: 1000\r\n\r\n`;

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ proxyHops: 1 });
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

type Post = (body: BodyInit | null, contentType?: string) => Promise<Response>;

const WAYS: [string, Post][] = [
  ['in process', (body, type) => gather.app.fetch('http://gather/graphql', toInit(body, type))],
  ['over a socket', (body, type) => fetch(`${url}/graphql`, toInit(body, type))],
];

describe.each(WAYS)('a body sent %s', (_, post) => {
  test.each([
    JSON_TYPE,
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/JSON; charset="utf8"',
    'application/json ; Charset=UTF8',
    'Application/JSON',
  ])('is read as JSON: %s', async (type) => {
    const response = await post(QUERY, type);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ data: { about: { name: expect.any(String) } } });
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
    const message = `Expected a body with the Content-Type application/json, in UTF-8, got ${type}.`;
    expect(await response.json()).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('that is packed is refused as that, and one that is not is read', async () => {
    const send = (coding: string) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': JSON_TYPE, 'content-encoding': coding },
        body: QUERY,
      });
    for (const coding of ['gzip', 'GZIP, identity', 'br']) {
      const response = await send(coding);
      expect(response.status).toBe(415);
      expect(response.headers.get('accept-encoding')).toBe('identity');
      expect((await response.json()).errors[0].message).toMatch(/^Expected a body without a Content-Encoding, got /);
    }
    expect((await send('Identity')).status).toBe(200);
  });

  test('without a type is refused', async () => {
    const response = await post(new Blob([QUERY]).stream() as ReadableStream, '');
    expect(response.status).toBe(415);
    expect((await response.json()).errors[0].message).toMatch(/, got none\.$/);
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

  test.each([
    ['a lone byte', [0x22, 0xff, 0x22]],
    ['a letter cut short', [0x22, 0xe2, 0x9c, 0x22]],
    ['a letter written longer than it is', [0x22, 0xc0, 0xaf, 0x22]],
    ['half of a pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ])('that is not UTF-8 is refused: %s', async (_, bytes) => {
    const body = Buffer.concat([
      Buffer.from('{"query":"{ about { name } }","operationName":'),
      Buffer.from(bytes),
      Buffer.from('}'),
    ]);
    await expectRefused(await post(body), 'Expected JSON in UTF-8, got bytes that are not UTF-8.');
  });

  test('may begin with the mark of UTF-8', async () => {
    expect(await (await post(`\ufeff${QUERY}`)).json()).toHaveProperty('data.about');
  });

  test.each(['variables', 'extensions'])('may have no %s', async (name) => {
    for (const value of ['null', '{}']) {
      const response = await post(`{"query":"{ about { name } }","${name}":${value}}`);
      expect(await response.json()).toHaveProperty('data.about');
    }
  });

  test.each(['variables', 'extensions'])('must have an object as %s', async (name) => {
    for (const value of ['1', '"{}"', '[]', '[{}]', 'true', 'false', '0', '""']) {
      const response = await post(`{"query":"{ about { name } }","${name}":${value}}`);
      await expectRefused(response, `Expected an object as \`${name}\`, got another type.`);
    }
  });

  test.each(['variables', 'extensions', 'operationName', 'query', 'other', '__proto__', 'toString'])(
    'with a %s too deep is refused',
    async (name) => {
      for (const [begin, end] of [
        ['{"a":[', ']}'],
        ['[', ']'],
      ] as const) {
        const deep = begin.repeat(80_000) + end.repeat(80_000);
        const response = await post(`{"query":"{ about { name } }","${name}":${deep}}`);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
      }
    },
  );

  test('may have as many levels as anybody needs', async () => {
    const toBody = (levels: number) =>
      `{"query":"{ about { name } }","variables":{"x":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    expect(await (await post(toBody(61))).json()).toHaveProperty('data.about');
    await expectRefused(await post(toBody(63)), 'Expected JSON of at most 64 levels, got more.');
  });

  test('changes nothing by the names of its properties', async () => {
    const spoiled = '{"__proto__":{"spoiled":true},"constructor":{"prototype":{"spoiled":true}}}';
    const query = 'query ($where: BookWhere) { catalogue(where: $where) { count } }';
    for (const body of [
      `{"query":"{ about { name } }","variables":${spoiled},"extensions":${spoiled}}`,
      `{"query":"${query}","variables":{"where":${spoiled}}}`,
      `{"query":"{ about { name } }","__proto__":{"spoiled":true}}`,
    ]) {
      const response = await post(body);
      expect(response.status).toBeLessThan(500);
      await response.text();
    }
    expect({}).not.toHaveProperty('spoiled');
  });

  test('may be as long as the limit', async () => {
    const response = await post(padded(MAX_BYTES));
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty('data.about');
  });

  test.each([MAX_BYTES + 1, 20 * MAX_BYTES])('that is longer than the limit is refused: %i bytes', async (bytes) => {
    const response = await post(padded(bytes));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      errors: [{ message: `Expected a body of at most ${MAX_BYTES} bytes (MAX_BODY_BYTES), got ${bytes}.` }],
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

describe('the URL of a GET', () => {
  test.each([
    ['query', 'query=%7Babout%7Bname%7D%7D'],
    ['variables', 'query=query($x:Boolean!)%7Babout@include(if:$x)%7Bname%7D%7D&variables=%7B%22x%22:true%7D'],
    ['nothing in the rest', 'query=%7Babout%7Bname%7D%7D&variables=&extensions=&operationName='],
    ['operationName', 'query=query%20a%7Babout%7Bname%7D%7Dquery%20b%7Bx:__typename%7D&operationName=a'],
  ])('has the parameters of an operation: %s', async (_, parameters) => {
    const response = await fetch(`${url}/graphql?${parameters}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty('data.about');
  });

  test.each([
    ['variables=%7B', /^Expected JSON, got /],
    ['variables=[]', /^Expected an object as `variables`, /],
    ['variables=1', /^Expected an object as `variables`, /],
    ['extensions=%7B', /^Expected JSON, got /],
    ['extensions=%22x%22', /^Expected an object as `extensions`, /],
    [`variables=%7B%22x%22:${'['.repeat(100)}${']'.repeat(100)}%7D`, /^Expected JSON of at most 64 levels/],
  ])('is refused in words: %s', async (parameters, message) => {
    await expectRefused(await fetch(`${url}/graphql?query=%7Babout%7Bname%7D%7D&${parameters}`), message);
  });

  test('without a query is refused', async () => {
    const response = await fetch(`${url}/graphql?variables=%7B%7D`);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('runs no mutation', async () => {
    const response = await fetch(`${url}/graphql?query=mutation%7Bsmoke:__typename%7D`);
    expect(response.status).toBe(405);
    await response.text();
  });
});

test('a body may hold any letter', async () => {
  await using echo = await Echo.start();
  const text = 'Räucherofen ✓ 𝔊 "\\" \u2028';
  const body = JSON.stringify({ query: 'query ($text: String!) { echo(text: $text) }', variables: { text } });
  for (const answer of [
    echo.yoga.fetch('http://gather/graphql', toInit(body)),
    fetch(`${echo.url}/graphql`, toInit(body)),
  ]) {
    expect(await (await answer).json()).toEqual({ data: { echo: text } });
  }
});

test('a body that comes too slowly is not waited for, and its connection is cut', async () => {
  await using echo = await Echo.start(SHORT_MS);
  using client = await RawSocket.open(echo.url);
  client.socket.write(`${HEAD}{"query":`);
  const drip = setInterval(() => client.socket.write(' '), SHORT_MS / 10);
  expect(await client.ended()).toMatch(
    /^HTTP\/1.1 408 .*Expected the whole body within 0.3 seconds, got only a part of it\./s,
  );
  clearInterval(drip);
});

test('halves of bodies do not fill the memory, and small ones are taken meanwhile', async () => {
  using stack = new DisposableStack();
  const before = liveBytes();
  const clients: RawSocket[] = [];
  for (let count = 0; count < 100; count++) {
    const client = stack.use(await RawSocket.open(url));
    clients.push(client);
    await new Promise((resolve) => client.socket.write(half(`203.0.113.${count}`), resolve));
  }
  const small = await fetch(`${url}/graphql`, toInit(QUERY));
  expect(await small.json()).toHaveProperty('data.about');
  expect(liveBytes() - before).toBeLessThan(25_000_000);

  for (const { socket } of clients) socket.write('x');
  const statuses = () => clients.map(({ received }) => /^HTTP\/1.1 (\d+) /.exec(received)?.[1]);
  await expect.poll(statuses).not.toContain(undefined);
  // Those that were kept are no JSON.
  expect(new Set(statuses())).toEqual(new Set(['400', '429']));
  const large = await fetch(`${url}/graphql`, toInit(padded(MAX_BYTES)));
  expect(await large.json()).toHaveProperty('data.about');
});

test('halves of bodies from one address leave room for those from others', async () => {
  using stack = new DisposableStack();
  const post = (address: string) =>
    fetch(`${url}/graphql`, {
      ...toInit(padded(MAX_BYTES)),
      headers: { 'content-type': JSON_TYPE, 'x-forwarded-for': address },
    });
  for (let count = 0; count < 20; count++) {
    const client = stack.use(await RawSocket.open(url));
    await new Promise((resolve) => client.socket.write(half('203.0.113.1'), resolve));
  }
  await expect.poll(async () => (await post('203.0.113.1')).status).toBe(429);
  for (let count = 0; count < 10; count++) expect((await post('203.0.113.2')).status).toBe(200);
  stack.dispose();
  await expect.poll(async () => (await post('203.0.113.1')).status).toBe(200);
});

test('a body in chunks of a byte takes little more memory than its bytes', async () => {
  await using echo = await Echo.start();
  const body = JSON.stringify({ query: '{ echo(text: "a") }' }).padEnd(900_000);
  const chunks = Buffer.from([...body].map((letter) => `1\r\n${letter}\r\n`).join(''));
  using client = await RawSocket.open(echo.url);
  const before = liveBytes();
  client.socket.write(HEAD.replace('content-length: 1000', 'transfer-encoding: chunked\r\nconnection: close'));
  client.socket.write(chunks);
  await expect.poll(() => echo.bytesRead).toBeGreaterThan(chunks.length);
  expect(liveBytes() - before).toBeLessThan(20_000_000);
  client.socket.write('0\r\n\r\n');
  expect(await client.ended()).toContain('{"data":{"echo":"a"}}');
});

test('a client that sends half a body and leaves is forgotten', async () => {
  for (let count = 0; count < 20; count++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`${HEAD}{"query":`);
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

async function expectRefused(response: Response, message: string | RegExp): Promise<void> {
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [
      {
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        extensions: { code: 'BAD_REQUEST' },
      },
    ],
  });
}

function toInit(body: BodyInit | null, contentType = JSON_TYPE): RequestInit {
  const headers: Record<string, string> = contentType ? { 'content-type': contentType } : {};
  return { method: 'POST', headers, body, ...(body instanceof ReadableStream && { duplex: 'half' }) };
}

/** A request that lacks the last byte of its body. */
function half(address: string): string {
  return `${HEAD.replace('1000', `940001\r\nx-forwarded-for: ${address}`)}${'x'.repeat(940_000)}`;
}

/** An operation in JSON of exactly so many bytes. */
function padded(bytes: number): string {
  return QUERY + ' '.repeat(bytes - QUERY.length);
}

/** A server that gives back what it is sent. */
class Echo implements AsyncDisposable {
  readonly yoga;
  readonly #openRequests = new OpenRequests();
  readonly #server = createServer((request, response) => {
    this.#openRequests.add(request, response);
    void this.yoga(request, response);
  });

  #socket: Socket | undefined;

  private constructor(timeoutMs: number | undefined) {
    const readJson = createReadJson({ bodyMaxBytes: MAX_BYTES, proxyHops: 0, timeoutMs });
    const plugin: Plugin<object, ServerContext> = {
      onRequestParse: ({ request, serverContext: { req }, setRequestParser }) =>
        setRequestParser(() => readJson(request, req)),
    };
    this.yoga = createYoga({
      schema: createSchema({
        typeDefs: 'type Query { echo(text: String!): String! }',
        resolvers: { Query: { echo: (_: unknown, { text }: { text: string }) => text } },
      }),
      plugins: [plugin],
      logging: false,
      maxRequestBodySize: false,
    });
    this.#server.on('connection', (socket) => {
      this.#socket = socket;
    });
  }

  /** On the last connection. */
  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  static async start(timeoutMs?: number): Promise<Echo> {
    const echo = new Echo(timeoutMs);
    await once(echo.#server.listen(0, '127.0.0.1'), 'listening');
    return echo;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close().closeAllConnections();
    await once(this.#server, 'close');
  }
}
