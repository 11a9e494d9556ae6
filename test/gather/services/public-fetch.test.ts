import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Call, calls } from '../../../src/gather/calls.ts';
import { isPublicAddress } from '../../../src/gather/services/public-address.ts';
import {
  createPublicFetch,
  type PublicFetch,
  type PublicFetchOptions,
} from '../../../src/gather/services/public-fetch.ts';
import { eventually } from '../../helpers/eventually.ts';
import {
  drip,
  gzipBomb,
  type Handler,
  type HttpServer,
  hang,
  huge,
  inTurn,
  json,
  reset,
  startHttpServer,
  status,
  text,
} from '../../helpers/http-server.ts';
import { NOT_PUBLIC } from '../../helpers/not-public.ts';
import { watchResources } from '../../helpers/resources.ts';
import { selfSigned } from '../../helpers/self-signed.ts';

const LOOPBACK = ['127.0.0.1'];
const JSON_TYPE = { 'content-type': 'application/json' };
const nobodyLeaves = new AbortController().signal;

let server: HttpServer;
let opened: PublicFetch[];
let endWatch: () => Promise<void>;

beforeAll(() => {
  endWatch = watchResources();
});
afterAll(() => endWatch());

beforeEach(async () => {
  server = await startHttpServer(json({ smoke: 'oak' }));
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((client) => client.close()));
  await server.close();
});

function open(options: Partial<PublicFetchOptions> = {}): PublicFetch {
  const client = createPublicFetch({
    timeoutMs: 5000,
    maxBytes: 5_000_000,
    maxRedirects: 3,
    allowed: LOOPBACK,
    lookup: nameNotFound,
    ...options,
  });
  opened.push(client);
  return client;
}

/** Fetches from the server, unless told otherwise. */
function ask(options: Partial<PublicFetchOptions> = {}, url = server.url, signal = nobodyLeaves) {
  return open(options).fetch(url, signal);
}

async function failureOf(asked: Promise<unknown>) {
  return asked.then(
    (answer) => ({ code: 'OK', message: JSON.stringify(answer), source: undefined, retryable: undefined }),
    (error) => error,
  );
}

/** Finds these addresses for every name; one list for each time it is asked, and the last one from then on. */
function found(...lists: string[][]) {
  return async () => {
    const list = (lists.length > 1 ? lists.shift() : lists[0]) ?? [];
    return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}

async function nameNotFound(hostname: string): Promise<never> {
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
}

function portOf({ url }: { url: string }): string {
  return new URL(url).port;
}

function redirectTo(location: string, code = 302): Handler {
  return status(code, { location });
}

describe('an address that is not public', () => {
  it.each(NOT_PUBLIC)('is refused when written as %s', async (host) => {
    const url = `http://${host}:${portOf(server)}/`;
    const error = await failureOf(ask({ allowed: [], lookup: found(LOOPBACK) }, url));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    expect(error.message).toMatch(/^Expected (the URL of a public host|a URL, such as).*, got /);
    expect(server.connections).toBe(0);
  });

  it.each(NOT_PUBLIC)('is refused when a redirect leads to %s', async (host) => {
    const start = await startHttpServer(
      redirectTo(encodeURI(`http://${host}:${portOf(server)}/`).replace(/%25/g, '%')),
    );
    const options = { allowed: ['start.example'], lookup: found(LOOPBACK) };
    const error = await failureOf(ask(options, `http://start.example:${portOf(start)}/`));
    await start.close();
    expect(error).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    expect(error.message).toMatch(/^start\.example:\d+ redirects elsewhere\. Expected .*, got /);
    expect(server.connections).toBe(0);
  });

  it.each(
    NOT_PUBLIC.filter((host) => /^[\d.]+\.\d+\.\d+\.\d+$|^\[[\da-f:]+\]$/.test(host) && URL.canParse(`http://${host}`)),
  )('is refused when a name leads to %s', async (host) => {
    const address = host.replace(/[[\]]/g, '');
    const url = `http://innocent.example:${portOf(server)}/`;
    const error = await failureOf(ask({ allowed: [], lookup: found([address]) }, url));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    expect(error.message).not.toContain(address);
    expect(server.connections).toBe(0);
  });

  it('is refused when it has a zone', async () => {
    const lookup = found(['fe80::1%eth-0.1']);
    expect(await failureOf(ask({ lookup }, 'http://zone.example/'))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('is refused also where it is one of several', async () => {
    const lookup = found(['127.0.0.1', '127.0.0.2']);
    const error = await failureOf(ask({ lookup }, `http://both.example:${portOf(server)}/`));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(server.connections).toBe(0);
  });

  it('is refused over https too', async () => {
    const error = await failureOf(ask({ allowed: [] }, `https://127.1:${portOf(server)}/`));
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      message: `Expected the URL of a public host, got https://127.0.0.1:${portOf(server)}/: 127.0.0.1 is not a public address.`,
    });
    expect(server.connections).toBe(0);
  });

  it('is refused where the operating system knows it by a name', async () => {
    const url = `http://localhost:${portOf(server)}/`;
    expect(await failureOf(ask({ allowed: [], lookup: undefined }, url))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(server.connections).toBe(0);
    expect(await ask({ allowed: ['localhost'], lookup: undefined }, url)).toMatchObject({ status: 200 });
  });

  it('cannot be told from a name that does not exist', async () => {
    const [isPrivate, isMissing] = await Promise.all([
      failureOf(ask({ lookup: found(['10.0.0.5']) }, 'http://db.internal/')),
      failureOf(ask({ lookup: nameNotFound }, 'http://db.internal/')),
    ]);
    expect(isPrivate.message).toBe(
      'Expected the URL of a public host, got http://db.internal/: no public host has that name.',
    );
    expect({ ...isPrivate, message: isPrivate.message }).toEqual({ ...isMissing, message: isMissing.message });
  });
});

describe('an address of the internet', () => {
  it.each([
    ...[
      '1.1.1.1',
      '8.8.8.8',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.1',
    ],
    ...[
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '192.169.0.0',
      '198.17.0.1',
    ],
    ...['223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::1', '2400:cb00::1', '::ffff:8.8.8.8'],
  ])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('a name that changes its address', () => {
  it('is connected to at the address that was checked', async () => {
    const lookup = vi.fn(found(['127.0.0.2'], ['127.0.0.1']));
    const url = `http://rebind.example:${portOf(server)}/`;
    const error = await failureOf(ask({ allowed: ['127.0.0.2'], lookup }, url));
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true });
    expect(lookup).toHaveBeenCalledOnce();
    expect(server.connections).toBe(0);
  });

  it('is checked again when it redirects to itself', async () => {
    server.respond = redirectTo('/again');
    const lookup = found(LOOPBACK, ['127.0.0.2']);
    const error = await failureOf(ask({ lookup }, `http://rebind.example:${portOf(server)}/`));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(server.requests).toHaveLength(1);
  });

  it('is asked nothing where the connection leads to an address other than the one that was checked', async () => {
    let reads = 0;
    const shifty = {
      family: 4,
      get address() {
        return reads++ === 0 ? '8.8.8.8' : '127.0.0.1';
      },
    };
    const url = `http://rebind.example:${portOf(server)}/`;
    const error = await failureOf(ask({ allowed: [], lookup: async () => [shifty] }, url));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(server.requests).toEqual([]);
  });
});

describe('what is allowed', () => {
  it.each([
    ['an address', '127.0.0.1', '127.0.0.1'],
    ['an address, written otherwise in the URL', '127.0.0.1', '0x7f.1'],
    ['an address, mapped in the URL', '127.0.0.1', '[::ffff:127.0.0.1]'],
    ['a block', '127.0.0.0/30', '127.0.0.1'],
    ['a name', 'intranet.example', 'intranet.example'],
    ['a name, written otherwise in the URL', 'Intranet.example', 'INTRANET.example.'],
    ['localhost', 'localhost', 'localhost'],
    ['the address of a name', '127.0.0.1', 'intranet.example'],
  ])('is %s', async (_name, allowed, host) => {
    const url = `http://${host}:${portOf(server)}/`;
    expect(await ask({ allowed: [allowed], lookup: found(LOOPBACK) }, url)).toMatchObject({ status: 200 });
  });

  it.each(['127.0.0.1', 'intranet.example'])('can be one port of %s', async (host) => {
    const options = { allowed: [`${host}:${portOf(server)}`], lookup: found(LOOPBACK) };
    expect(await ask(options, `http://${host}:${portOf(server)}/`)).toMatchObject({ status: 200 });

    const other = await startHttpServer();
    server.respond = redirectTo(`http://${host}:${portOf(other)}/`);
    const error = await failureOf(ask(options, `http://${host}:${portOf(server)}/`));
    await other.close();
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(other.connections).toBe(0);
  });

  it('allows nothing else', async () => {
    const allowed = ['127.0.0.2', '10.0.0.0/8', '::1', 'intranet.example', 'fc00::/7'];
    expect(await failureOf(ask({ allowed }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(server.connections).toBe(0);
  });

  it.each(['10.0.0.0/33', 'ten/8', '10.0.0.0/'])('cannot be %s', (allowed) => {
    expect(() => open({ allowed: [allowed] })).toThrow();
  });
});

describe('a URL', () => {
  it.each([
    ['no URL', 'smoke', 'Expected a URL, such as https://example.com/data.json, got "smoke".'],
    ['an empty one', '', 'got "".'],
    ['one with what cannot be stored', 'http://\0\uD800', 'got "http://\\u0000\\ud800".'],
    ['one of a file', 'file:///etc/passwd', 'begins with http:// or https://, got file:///etc/passwd.'],
    ['one of FTP', 'ftp://example.com/', 'got ftp://example.com/.'],
    ['data', 'data:text/plain,smoke', 'got data:text/plain,smoke.'],
    ['a script', 'JavaScript:alert(1)', 'got javascript:alert(1).'],
    ['one that never ends', `http://example.com/${'a'.repeat(2000)}`, 'at most 2000 characters, got one of 2019.'],
    ['one with a user', 'http://chef@example.com/', 'without credentials, got one with a user name'],
    ['one with a password', 'http://:secret@example.com/', 'a user name or a password for example.com.'],
    ['one that hides its host', 'http://example.com@127.0.0.1/', 'a user name or a password for 127.0.0.1.'],
  ])('that is %s is refused', async (_name, url, message) => {
    const error = await failureOf(ask({}, url));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
  });

  it('is asked with a GET, its query and nothing of the viewer', async () => {
    let headers = {};
    server.respond = (request, response) => {
      headers = request.headers;
      response.end();
    };
    await ask({}, `${server.url}/flavors?of=day#now`);
    expect(server.requests).toEqual([{ method: 'GET', path: '/flavors?of=day', aborted: false }]);
    expect(headers).toEqual({
      accept: '*/*',
      'accept-encoding': 'gzip, br, deflate',
      connection: 'close',
      host: new URL(server.url).host,
      'user-agent': 'gather',
    });
  });

  it('is one call', async () => {
    const seen: Call[] = [];
    const listen = (call: unknown) => void seen.push(call as Call);
    calls.subscribe(listen);
    await ask().finally(() => calls.unsubscribe(listen));
    expect(seen).toMatchObject([
      { kind: 'http', method: 'GET', name: 'public.fetch', keys: 1, outcome: 'ok', signal: nobodyLeaves },
    ]);
  });
});

describe('an answer', () => {
  it.each([
    ['JSON', '{"a":[1,null]}', 'application/json', { type: 'application/json', bytes: 14, body: { a: [1, null] } }],
    ['JSON of its own type', '[1]', 'Application/LD+JSON; charset=utf-8', { type: 'application/ld+json', body: [1] }],
    ['JSON with a byte order mark', '\uFEFF[1]', 'application/json', { bytes: 6, body: [1] }],
    ['JSON that is none', '{"a":', 'application/json', { type: 'application/json', body: '{"a":' }],
    ['JSON that is nothing', '', 'application/json', { bytes: 0, body: '' }],
    ['JSON nested too deeply', nested(201), 'application/json', { bytes: 402, body: nested(201) }],
    ['JSON nested deeply', nested(200), 'application/json', { body: JSON.parse(nested(200)) }],
    ['text', 'Räucherspeck', 'text/plain', { type: 'text/plain', bytes: 13, body: 'Räucherspeck' }],
    ['a page', '<p>oak</p>', 'text/html; charset=UTF-8', { type: 'text/html', body: '<p>oak</p>' }],
    ['XML', '<a/>', 'application/atom+xml', { type: 'application/atom+xml', body: '<a/>' }],
    ['latin1', Buffer.from('R\xe4ucher', 'latin1'), 'text/plain; charset="ISO-8859-1"', { bytes: 7, body: 'Räucher' }],
    ['UTF-8 by another name', 'Rä', 'TEXT/plain;CHARSET="Utf8"', { type: 'text/plain', body: 'Rä' }],
    ['an unknown charset', 'Rä', 'text/plain; charset=klingon', { body: 'Rä' }],
    ['bytes that are not text', Buffer.of(0x61, 0xff), 'text/plain', { bytes: 2, body: 'a\uFFFD' }],
    ['an image', Buffer.of(0x89, 0x50, 0), 'image/png', { type: 'image/png', bytes: 3, body: null }],
    ['no type', 'oak', '', { type: null, body: 'oak' }],
    ['a type that cannot be read', 'oak', 'smoke', { type: null, body: 'oak' }],
  ])('of %s is read', async (_name, body, type, expected) => {
    server.respond = text(body, { 'content-type': type });
    expect(await ask()).toMatchObject({ status: 200, ...expected });
  });

  it('keeps nothing that PostgreSQL cannot store', async () => {
    server.respond = text('{"k\\u0000":["a\\u0000","\\ud800","\\ud83d\\ude00"],"__proto__":{"a":1}}', JSON_TYPE);
    const { body } = await ask();
    expect(JSON.stringify(body)).toBe('{"k\uFFFD":["a\uFFFD","\uFFFD","😀"],"__proto__":{"a":1}}');
    server.respond = text('a\0b', { 'content-type': 'text/plain' });
    expect(await ask()).toMatchObject({ body: 'a\uFFFDb' });
  });

  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['x-gzip', gzipSync],
    ['Deflate', deflateRawSync],
    ['deflate, gzip', (body: string) => gzipSync(deflateSync(body))],
    ['identity', (body: string) => Buffer.from(body)],
    ['', (body: string) => Buffer.from(body)],
  ])('is decoded from %s', async (encoding, encode) => {
    server.respond = text(encode('"oak"'), { ...JSON_TYPE, 'content-encoding': encoding });
    expect(await ask()).toEqual({ status: 200, type: 'application/json', bytes: 5, body: 'oak' });
  });

  it('is one of a redirect that leads nowhere', async () => {
    server.respond = redirectTo('');
    expect(await ask()).toMatchObject({ status: 302 });
  });

  it.each([204, 300, 302, 304, 400, 404, 500])('may have status %i', async (code) => {
    server.respond = status(code, { 'content-encoding': 'gzip' });
    expect(await ask()).toEqual({ status: code, type: null, bytes: 0, body: '' });
  });

  it('may be as large as allowed', async () => {
    server.respond = text(Buffer.alloc(1000, 'a'), { 'content-type': 'text/plain' });
    expect(await ask({ maxBytes: 1000 })).toMatchObject({ bytes: 1000 });
    server.respond = text(gzipSync(Buffer.alloc(1000)), { 'content-encoding': 'gzip' });
    expect(await ask({ maxBytes: 1000 })).toMatchObject({ bytes: 1000 });
  });

  function nested(depth: number): string {
    return '['.repeat(depth) + ']'.repeat(depth);
  }
});

describe('an answer that cannot be read', () => {
  const gzipped = { 'content-encoding': 'gzip' };

  it.each([
    ['too large', huge(), 'with more than 5000000 bytes; expected less'],
    ['too large once decoded', gzipBomb(), 'with more than 5000000 bytes; expected less'],
    ['not encoded as it says', text('oak', gzipped), 'a body that is not gzip'],
    ['cut short', text(gzipSync('oak').subarray(0, 15), gzipped), 'a body that is not gzip'],
    ['in an unknown encoding', text('oak', { 'content-encoding': 'zip' }), 'content encoding zip; expected gzip'],
    ['not HTTP', (request) => void request.socket.end('oak\r\n\r\n'), 'a response that is not HTTP'],
  ] satisfies [string, Handler, string][])('because it is %s is UPSTREAM_INVALID', async (_name, respond, message) => {
    server.respond = respond;
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID', source: new URL(server.url).host, retryable: false });
    expect(error.message).toContain(message);
    await eventually(() => expect(server.open.size).toBe(0));
  });

  it('costs little memory', async () => {
    server.respond = gzipBomb();
    await failureOf(ask());
    const before = process.memoryUsage().rss;
    await failureOf(ask());
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('with status %i is followed', async (code) => {
    server.respond = inTurn(redirectTo('/b?c=1', code), json('here'));
    expect(await ask({}, `${server.url}/a`)).toMatchObject({ status: 200, body: 'here' });
    expect(server.requests.map(({ path }) => path)).toEqual(['/a', '/b?c=1']);
  });

  it.each([
    ['raw UTF-8', Buffer.from('/räucher/木?q=é').toString('latin1'), '/r%C3%A4ucher/%E6%9C%A8?q=%C3%A9'],
    ['bytes of latin1', '/r\xe4ucher', '/r%C3%A4ucher'],
    ['what is encoded', '/r%C3%A4ucher', '/r%C3%A4ucher'],
  ])('to a path in %s asks for that path', async (_name, location, path) => {
    server.respond = inTurn(redirectTo(location), json('here'));
    expect(await ask()).toMatchObject({ status: 200, body: 'here' });
    expect(server.requests.at(-1)?.path).toBe(path);
  });

  it('is followed three times', async () => {
    server.respond = inTurn(redirectTo('1'), redirectTo('2'), redirectTo('3'), json('here'));
    expect(await ask()).toMatchObject({ status: 200, body: 'here' });
  });

  it('is not followed for a fourth time, and so not for ever', async () => {
    server.respond = redirectTo('/round');
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID', retryable: false });
    expect(error.message).toMatch(/answered GET \/round with too many redirects; expected at most 3\.$/);
    expect(server.requests).toHaveLength(4);
  });

  it.each([
    ['another protocol', 'file:///etc/passwd', 'Expected a URL that begins with http:// or https://'],
    ['what is no URL', 'http://[', 'Expected a URL, such as'],
    ['a URL with a password', 'http://chef:secret@example.com/', 'Expected a URL without credentials'],
    ['a URL that is too long', `/${'a'.repeat(2000)}`, 'Expected a URL of at most 2000 characters, got one of 2001'],
  ])('to %s is refused', async (_name, location, message) => {
    server.respond = redirectTo(location);
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    expect(error.message).toContain(`${new URL(server.url).host} redirects elsewhere. ${message}`);
  });

  it('is followed without reading its body', async () => {
    const endless: Handler = (_request, response) => {
      response.writeHead(302, { location: '/b' }).write('a');
    };
    server.respond = inTurn(endless, json('here'));
    expect(await ask()).toMatchObject({ body: 'here' });
    await eventually(() => expect(server.open.size).toBe(0));
  });
});

describe('a host that does not answer', () => {
  it.each([
    ['never answers', hang()],
    ['answers a byte now and then', drip(20)],
    ['redirects for ever so slowly', (_request, response) => void setTimeout(() => redirect(response), 150)],
  ] satisfies [string, Handler][])('because it %s is UPSTREAM_TIMEOUT', async (_name, respond) => {
    server.respond = respond;
    const error = await failureOf(ask({ timeoutMs: 300 }));
    const { host } = new URL(server.url);
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', source: host, retryable: true });
    expect(error.message).toBe(`${host} did not answer GET / within 300 ms.`);
    await eventually(() => expect(server.open.size).toBe(0));
  });

  it.each([
    ['cuts the connection', reset(), 'the connection was reset'],
    ['closes the connection', (request) => void request.socket.destroy(), 'the connection was closed'],
  ] satisfies [string, Handler, string][])('because it %s is UPSTREAM_UNAVAILABLE', async (_name, respond, message) => {
    server.respond = respond;
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: new URL(server.url).host, retryable: true });
    expect(error.message).toContain(message);
  });

  it('because nobody listens is UPSTREAM_UNAVAILABLE', async () => {
    const dead = await startHttpServer();
    await dead.close();
    const error = await failureOf(ask({}, dead.url));
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: new URL(dead.url).host, retryable: true });
    expect(error.message).toContain('the connection was refused');
  });

  it('because its name cannot be looked up is UPSTREAM_UNAVAILABLE', async () => {
    const lookup = async () => Promise.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' }));
    const error = await failureOf(ask({ lookup }, 'http://example.com/'));
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'example.com', retryable: true });
    expect(error.message).toContain('its host name could not be looked up');
  });

  it('because the lookup of its name takes too long is UPSTREAM_TIMEOUT, and never asked', async () => {
    const lookup = () => sleep(200, [{ address: '127.0.0.1', family: 4 }]);
    const url = `http://slow.example:${portOf(server)}/`;
    expect(await failureOf(ask({ timeoutMs: 50, lookup }, url))).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await sleep(300);
    expect(server.connections).toBe(0);
  });

  function redirect(response: Parameters<Handler>[1]) {
    response.writeHead(302, { location: '/' }).end();
  }
});

describe('nobody who waits', () => {
  it('ends the request with the reason of the signal, and its connection', async () => {
    server.respond = drip(10);
    const leaving = new AbortController();
    const asked = failureOf(ask({}, server.url, leaving.signal));
    await eventually(() => expect(server.open.size).toBe(1));
    const reason = new Error('left');
    leaving.abort(reason);
    expect(await asked).toBe(reason);
    await eventually(() => expect(server.open.size).toBe(0));
  });

  it('asks nothing', async () => {
    const reason = new Error('left');
    expect(await failureOf(ask({}, server.url, AbortSignal.abort(reason)))).toBe(reason);
    expect(server.connections).toBe(0);
  });

  it('ends a connection that is still being made', async () => {
    await using silent = await startSilentServer();
    const leaving = new AbortController();
    const asked = failureOf(ask({}, `https://127.0.0.1:${silent.port}/`, leaving.signal));
    await eventually(() => expect(silent.sockets.size).toBe(1));
    leaving.abort(new Error('left'));
    await asked;
    await eventually(() => expect(silent.sockets.size).toBe(0));
  });

  it('includes a server that stops', async () => {
    server.respond = hang();
    const client = open();
    const asked = failureOf(client.fetch(server.url, nobodyLeaves));
    await eventually(() => expect(server.open.size).toBe(1));
    await client.close();
    expect(await asked).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', message: 'This server is stopping.' });
    await eventually(() => expect(server.open.size).toBe(0));
    expect(await failureOf(client.fetch(server.url, nobodyLeaves))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});

describe('https', () => {
  const own = getCACertificates('default');
  const options = { allowed: ['secure.example', '127.0.0.1'], lookup: found(LOOPBACK) };
  let secure: Server;

  beforeEach(async () => {
    secure = createHttpsServer(selfSigned, (_request, response) => void response.end('oak'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    setDefaultCACertificates(own);
    await new Promise((resolve) => secure.close(resolve));
  });

  function urlOf(host: string): string {
    return `https://${host}:${(secure.address() as AddressInfo).port}/`;
  }

  it('answers where the certificate is trusted', async () => {
    setDefaultCACertificates([...own, selfSigned.cert]);
    expect(await ask(options, urlOf('secure.example'))).toMatchObject({ status: 200, body: 'oak' });
  });

  it('may redirect to http', async () => {
    setDefaultCACertificates([...own, selfSigned.cert]);
    secure.removeAllListeners('request').on('request', redirectTo(server.url));
    expect(await ask(options, urlOf('secure.example'))).toMatchObject({ status: 200, body: { smoke: 'oak' } });
  });

  it.each([
    ['is not trusted', 'secure.example', [], 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['is for another host', '127.0.0.1', [selfSigned.cert], 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('refuses a certificate that %s', async (_name, host, trusted, code) => {
    setDefaultCACertificates([...own, ...trusted]);
    const error = await failureOf(ask(options, urlOf(host)));
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID', retryable: false });
    expect(error.message).toContain(`TLS credentials that cannot be verified (${code}); expected valid ones`);
  });

  it('is not what a server of http speaks', async () => {
    const error = await failureOf(ask({}, server.url.replace('http', 'https')));
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID' });
    expect(error.message).toContain('a response that is not TLS; expected an answer over https');
  });
});

/** Accepts connections and says nothing. */
async function startSilentServer() {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket
      .resume()
      .on('error', () => {})
      .on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  return {
    sockets,
    port: (silent.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    },
  };
}
