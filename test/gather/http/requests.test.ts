import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { exchange, RawSocket } from '../../helpers/raw-socket.ts';

const QUERY = '{"query":"{ about { name } }"}';
const LIBRARY = 'https://library.example';

let open: TestApp;
let named: TestApp;
let openUrl: string;
let namedUrl: string;

beforeAll(async () => {
  open = await startTestApp();
  named = await startTestApp({
    hosts: ['api.library.example', '[::1]'],
    publicUrl: 'https://www.library.example/',
    corsOrigins: [LIBRARY, 'https://admin.library.example'],
  });
  ({ url: openUrl } = await open.app.start());
  ({ url: namedUrl } = await named.app.start());
});
afterAll(async () => {
  await open.close();
  await named.close();
});

describe('the Host of a request', () => {
  test.each(['x', 'library.example', 'library.example:4000', '127.0.0.1:1', '[::1]:4000', 'under_score'])(
    'may be any name: %s',
    async (host) => {
      expect(await ask(openUrl, [`host: ${host}`])).toMatch(/^HTTP\/1.1 200 .*"data":\{"about"/s);
    },
  );

  test.each([
    'x/graphql?',
    'x/graphql#',
    'user@x',
    'x y',
    '',
    'x:y',
    'x:99999',
    'x:1:2',
    '1.2.3.4.5',
    '[::1',
    '[:::1]',
    '::1',
    'x\\y',
    'x%2fgraphql',
    'x,y',
  ])('must be a host: "%s"', async (host) => {
    expectRefused(await ask(openUrl, [`host: ${host}`]), 400, /^Expected a host such as .* in the header Host, got /);
  });

  test('must be there', async () => {
    expectRefused(await ask(openUrl, []), 400, /^Expected a host such as .*, got none\.$/);
    expectRefused(await exchange(openUrl, 'GET /graphql HTTP/1.0\r\n\r\n'), 400, /got none/);
  });

  test('must be there once', async () => {
    expectRefused(await ask(openUrl, ['host: x', 'Host: y']), 400, /^Expected one header Host, got two\.$/);
  });

  test.each(['api.library.example', 'API.library.example:80', 'www.library.example', '[::1]:4000'])(
    'may be one of those that the server has: %s',
    async (host) => {
      expect(await ask(namedUrl, [`host: ${host}`])).toMatch(/^HTTP\/1.1 200 /);
    },
  );

  test.each(['library.example', 'api.library.example.evil.example', 'evil.example', '127.0.0.1', '[::2]'])(
    'must be one of those that the server has: %s',
    async (host) => {
      const expected =
        /^Expected a request to a host that this server answers to \(ALLOWED_HOSTS, PUBLIC_URL\), got one to "/;
      expectRefused(await ask(namedUrl, [`host: ${host}`]), 421, expected);
      for (const path of ['/files/x', '/uploads/x', '/graphql?x=/health', '/health?x=/graphql', '/ready?/graphql']) {
        expectRefused(await ask(namedUrl, [`host: ${host}`], path), 421, expected);
      }
    },
  );

  test.each(['/health', '/ready'])('may be any for %s', async (path) => {
    expect(await get(namedUrl, path, ['host: 10.0.0.7:4000'])).toMatch(/^HTTP\/1.1 200 /);
    expectRefused(await get(namedUrl, path, ['host: x/graphql?']), 400, /^Expected a host/);
  });

  test.each(['/health', '/ready', '/health?', '/ready?verbose', '/ready?/graphql', '/health?a=/health'])(
    'need not be there in HTTP/1.0 for %s, whatever its query',
    async (path) => {
      for (const url of [openUrl, namedUrl]) {
        expect(await exchange(url, `GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /);
        expect(await exchange(url, `HEAD ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /);
        expect(await get(url, path, ['host: 10.0.0.7'])).toMatch(/^HTTP\/1.1 200 /);
      }
      expectRefused(await get(openUrl, path, []), 400, /^Expected a host/);
    },
  );

  test.each(['/health', '/ready'])('is asked with GET or HEAD: %s', async (path) => {
    const answer = await ask(openUrl, ['host: x'], path);
    expectRefused(answer, 405, /^Expected GET or HEAD, got POST\.$/);
    expect(headersOf(answer)).toHaveProperty('allow', 'GET, HEAD');
  });

  test('is not asked by what merely ends like it', async () => {
    const answer = await ask(openUrl, ['host: x'], '/graphql?x=/health');
    expect(answer).toMatch(/^HTTP\/1.1 200 .*"data":\{"about"/s);
  });
});

describe('the target of a request', () => {
  test.each(['//evil.example/graphql', '*', '///graphql', 'http://x//evil.example/graphql', 'ftp://x/graphql'])(
    'must be a path: %s',
    async (target) => {
      const method = target === '*' ? 'OPTIONS' : 'POST';
      expectRefused(
        await ask(openUrl, ['host: x'], target, method),
        400,
        /^Expected a path that begins with one slash, got "/,
      );
    },
  );

  test.each(['http://x/graphql', 'HTTP://x:4000/graphql?a=b', 'https://[::1]/graphql/'])(
    'may be a whole URL, whose host counts: %s',
    async (target) => {
      expect(await ask(openUrl, ['host: y'], target)).toMatch(/^HTTP\/1.1 200 .*"data":\{"about"/s);
      expect(await exchange(openUrl, `GET ${target.replace(/graphql.*/, 'ready')} HTTP/1.0\r\n\r\n`)).toContain(
        '"isReady":true',
      );
      expectRefused(
        await ask(namedUrl, ['host: api.library.example'], target.replace('[::1]', 'x')),
        421,
        /got one to "x"/,
      );
    },
  );

  test('may be a whole URL of a host that the server has, whatever Host says', async () => {
    const answer = await ask(namedUrl, ['host: evil.example'], 'http://api.library.example/graphql');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });

  test.each(['http://user@x/graphql', 'http:///graphql', 'http://x:y/graphql', 'http://x?/graphql'])(
    'may be no whole URL of what is no host: %s',
    async (target) => {
      expect(await ask(openUrl, ['host: x'], target)).toMatch(/^HTTP\/1.1 40[04] /);
    },
  );

  test.each([
    '/public/upload',
    '/public/upload?/graphql',
    '/public/upload?x=/health',
    '/x/../graphql',
    '/./graphql',
    '/%67raphql',
    '/graphql/x',
    '/graphql#/x',
    '/graphql;x',
    '/health?/graphql',
    '/ready?/graphql',
    '/',
  ])('runs nothing unless it is that of GraphQL: %s', async (target) => {
    expectRefused(await ask(openUrl, ['host: x'], target), 404, /^Expected one of the paths \/graphql, /, 'NOT_FOUND');
  });

  test.each(['/graphql', '/graphql/', '/graphql?x', '/graphql?/health/x'])('may be %s', async (target) => {
    expect(await ask(openUrl, ['host: x'], target)).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('a page of a listed origin', () => {
  test('may read the answer, with its cookies', async () => {
    const answer = await ask(namedUrl, ['host: www.library.example', `origin: ${LIBRARY}`]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(headersOf(answer)).toMatchObject({
      'access-control-allow-origin': LIBRARY,
      'access-control-allow-credentials': 'true',
      vary: expect.stringMatching(/\borigin\b/i),
    });
  });

  test.each(['/graphql', '/uploads/x'])('may send what it has asked for first: %s', async (path) => {
    const answer = await preflight(namedUrl, path, LIBRARY, 'PATCH', 'content-type,x-gather-preflight,tus-resumable');
    expect(answer).toMatch(/^HTTP\/1.1 204 /);
    const headers = headersOf(answer);
    expect(headers).toMatchObject({
      'access-control-allow-origin': LIBRARY,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type,x-gather-preflight,tus-resumable',
      'access-control-max-age': '7200',
    });
    expect(headers['access-control-allow-methods']?.split(',').sort()).toEqual(
      ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].sort(),
    );
  });

  test('may read how far an upload is', async () => {
    const answer = await headFor(namedUrl, 'HEAD', `origin: ${LIBRARY}`);
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    const { 'access-control-expose-headers': exposed = '', ...headers } = headersOf(answer);
    expect(headers['access-control-allow-origin']).toBe(LIBRARY);
    expect(exposed.split(',')).toEqual(expect.arrayContaining(['location', 'upload-offset', 'upload-length']));
  });

  test('is told why its request is refused', async () => {
    const answer = await exchange(
      namedUrl,
      toPost(['host: www.library.example', `origin: ${LIBRARY}`], '/graphql', 'POST', '['),
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(headersOf(answer)).toHaveProperty('access-control-allow-origin', LIBRARY);
  });
});

describe('a page of another origin', () => {
  test.each([
    'https://evil.example',
    'http://library.example',
    'https://library.example:8443',
    'https://library.example.evil.example',
    'https://xlibrary.example',
    'null',
    '*',
    `${LIBRARY}, https://evil.example`,
  ])('may not read the answer: %s', async (origin) => {
    const answer = await ask(namedUrl, ['host: www.library.example', `origin: ${origin}`]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).not.toMatch(/access-control/i);
    expect(headersOf(answer)['vary']).toMatch(/\borigin\b/i);
    const refused = await preflight(namedUrl, '/graphql', origin, 'POST', 'content-type');
    expectRefused(refused, 403, /^Expected a page of an allowed origin \(CORS_ORIGINS\), got one of "/);
    expect(refused).not.toMatch(/access-control/i);
  });

  test('may not read the answer where no origin is listed', async () => {
    const answer = await ask(openUrl, ['host: x', `origin: ${LIBRARY}`]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).not.toMatch(/access-control/i);
    for (const path of ['/graphql', '/uploads/x', '/files/x']) {
      const refused = await preflight(openUrl, path, LIBRARY, 'POST', 'content-type');
      expectRefused(refused, 403, /^Expected a page of an allowed origin/);
      expect(refused).not.toMatch(/access-control/i);
    }
  });
});

test('a client of tus that is no page may ask what the server can do', async () => {
  expect(headersOf(await headFor(namedUrl, 'OPTIONS', 'accept: */*'))).toHaveProperty('tus-version', '1.0.0');
});

describe('what is no HTTP', () => {
  test.each([
    ['another protocol', '\x16\x03\x01\x02\x00garbage\r\n\r\n', 400],
    ['raw UTF-8', 'GET /räucher HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['another version', 'GET /graphql HTTP/3.0\r\nhost: x\r\n\r\n', 400],
    ['two lengths', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
    ['a chunk of no length', `${toPost(['host: x', 'transfer-encoding: chunked'], '/graphql', 'POST', '')}zz\r\n`, 400],
    ['a head too large', `GET /graphql HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a path too long', `GET /graphql?query=${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ])('is refused, and the connection ended: %s', async (_, bytes, status) => {
    expectRefused(
      await exchange(openUrl, bytes),
      status,
      /^Expected (an HTTP\/1\.1 request|headers|a target|chunks)\b/,
    );
    expect(await ask(openUrl, ['host: x'])).toMatch(/^HTTP\/1.1 200 /);
  });

  test('is refused in words as CONNECT, and with an Expect that nobody knows', async () => {
    expectRefused(await exchange(openUrl, 'CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n'), 405, /got CONNECT/);
    expectRefused(await ask(openUrl, ['host: x', 'expect: wonders']), 417, /got "wonders"\.$/);
  });

  test('is not answered within another answer', async () => {
    open.services.ratings.delayMs = 500;
    const body = JSON.stringify({ query: '{ front { ... @defer { pick { title } } } }' });
    using connection = await RawSocket.open(openUrl);
    const headers = ['host: x', 'accept: multipart/mixed', 'content-type: application/json'];
    const head = ['POST /graphql HTTP/1.1', ...headers, `content-length: ${body.length}`, '', ''].join('\r\n');
    connection.socket.write(head + body);
    await expect.poll(() => connection.received).toContain('"hasNext":true');
    connection.socket.write('garbage\r\n\r\n');
    const answer = await connection.ended();
    expect(answer.match(/^HTTP\/1.1 /gm)).toHaveLength(1);
    expect(answer).not.toContain('Expected an HTTP');
    open.services.reset();
  });
});

describe('an upgrade', () => {
  const upgrade = (protocol: string, path: string) =>
    get(openUrl, path, ['host: x', 'connection: Upgrade', `upgrade: ${protocol}`, 'sec-websocket-version: 13']);

  test.each(['websocket', 'WebSocket', 'h2c, websocket', 'websocket/13'])(
    'to %s is refused in a sentence',
    async (protocol) => {
      for (const path of ['/graphql', '/', '/graphql?query={__typename}']) {
        expectRefused(
          await upgrade(protocol, path),
          400,
          /^Expected .* WebSocket\. Subscriptions use server-sent events/,
        );
      }
    },
  );

  test('to what need not be given is let alone', async () => {
    expect(await upgrade('h2c', '/graphql?query={__typename}')).toMatch(/^HTTP\/1.1 200 .*"data"/s);
  });
});

function ask(url: string, headers: string[], target = '/graphql', method = 'POST'): Promise<string> {
  return exchange(url, toPost(headers, target, method, QUERY));
}

function get(url: string, path: string, headers: string[]): Promise<string> {
  return exchange(url, [`GET ${path} HTTP/1.1`, ...headers, 'connection: close', '', ''].join('\r\n'));
}

/** Of an answer whose connection stays open for a while. */
async function headFor(url: string, method: string, header: string): Promise<string> {
  using connection = await RawSocket.open(url);
  connection.socket.write(`${method} /uploads/x HTTP/1.1\r\nhost: www.library.example\r\n${header}\r\n\r\n`);
  await expect.poll(() => connection.received).toContain('\r\n\r\n');
  return connection.received;
}

function preflight(url: string, path: string, origin: string, method: string, headers: string): Promise<string> {
  return exchange(
    url,
    [
      `OPTIONS ${path} HTTP/1.1`,
      'host: www.library.example',
      `origin: ${origin}`,
      `access-control-request-method: ${method}`,
      `access-control-request-headers: ${headers}`,
      'connection: close',
      '',
      '',
    ].join('\r\n'),
  );
}

function toPost(headers: string[], target: string, method: string, body: string): string {
  const isChunked = headers.includes('transfer-encoding: chunked');
  return [
    `${method} ${target} HTTP/1.1`,
    ...headers,
    'content-type: application/json',
    ...(isChunked ? [] : [`content-length: ${body.length}`]),
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function headersOf(answer: string): Record<string, string> {
  const [head = ''] = answer.split('\r\n\r\n', 1);
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => [line.replace(/:.*/s, '').toLowerCase(), line.replace(/^[^:]*: /, '')]),
  );
}

function expectRefused(answer: string, status: number, message: RegExp, code = 'BAD_REQUEST'): void {
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
  expect(body).toEqual({
    errors: [{ message: expect.stringMatching(message), extensions: { code } }],
  });
}
