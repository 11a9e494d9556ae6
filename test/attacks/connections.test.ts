import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, RawSocket } from '../helpers/raw-socket.ts';
import { flood, post, send } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectRefused, withstand } from '../helpers/under-attack.ts';

const QUERY = '{"query":"{ about { name } }"}';
const LARGE = JSON.stringify({
  query: '{ menu { items(first: 100) { nodes { name description reviews(first: 20) { nodes { text } } } } } }',
});
const HOLD_MS = 500;

let target: Target;

beforeAll(async () => {
  target = await startTarget({ COST_BUCKET: '100000000' });
}, 60_000);
afterAll(() => target.close());

describe('is answered once and then cut, with no second request taken from its body:', () => {
  const smuggled = `GET /health HTTP/1.1\r\nhost: x\r\n\r\n`;
  test.each([
    ['a length and chunks', ['content-length: 5', 'transfer-encoding: chunked'], `0\r\n\r\n${smuggled}`],
    ['chunks, then a length', ['transfer-encoding: chunked', 'content-length: 5'], `0\r\n\r\n${smuggled}`],
    ['two lengths', ['content-length: 5', 'content-length: 6'], smuggled],
    ['two lengths in one', ['content-length: 5, 6'], smuggled],
    ['a length below zero', ['content-length: -5'], smuggled],
    ['a length with a sign', ['content-length: +5'], smuggled],
    ['a length in hexadecimal digits', ['content-length: 0x5'], smuggled],
    ['another encoding', ['transfer-encoding: xchunked'], `0\r\n\r\n${smuggled}`],
    ['chunks, and then nothing of the kind', ['transfer-encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
    ['a space before the colon', ['transfer-encoding : chunked'], `0\r\n\r\n${smuggled}`],
    ['a chunk of no length', ['transfer-encoding: chunked'], `zz\r\n\r\n${smuggled}`],
    ['a chunk of a length below zero', ['transfer-encoding: chunked'], `-1\r\n\r\n${smuggled}`],
    ['a chunk longer than can be', ['transfer-encoding: chunked'], `ffffffffffffffffff\r\n\r\n${smuggled}`],
    ['a chunk that is longer than it says', ['transfer-encoding: chunked'], `1\r\nab\r\n0\r\n\r\n${smuggled}`],
  ])('%s', async (_, headers, body) => {
    const answer = await exchange(
      target.url,
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers.join('\r\n')}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });
});

describe('is refused, and the server goes on:', () => {
  test.each([
    ['a head of 20 kB', `GET /graphql HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['3,000 headers', `GET /graphql HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(3000)}\r\n`, 431],
    ['a path of 20 kB', `GET /graphql?query=${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    [
      'a cookie of 20 kB',
      `GET /graphql HTTP/1.1\r\nhost: x\r\ncookie: gather_session=${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['a method that nobody has', 'SMOKE /graphql HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    [
      'an expectation that nobody has',
      'POST /graphql HTTP/1.1\r\nhost: x\r\nexpect: smoke\r\nconnection: close\r\n\r\n',
      417,
    ],
    ['two hosts', 'GET /health HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: close\r\n\r\n', 400],
    ['a host with a path', toPost('/public/upload', 'x/graphql?'), 400],
    ['a host with a user', toPost('/graphql', 'x@y'), 400],
    ['no host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['two slashes', toPost('//graphql'), 400],
    ['a path in the query', toPost('/public/upload?/graphql'), 404],
    ['a path with dots', toPost('/public/../graphql'), 404],
    ['an encoded path', toPost('/%67raphql'), 404],
    ['an encoded slash', toPost('/public%2f..%2fgraphql'), 404],
    ['a path in a fragment', toPost('/public#/graphql'), 404],
  ])('%s', async (_, bytes, status) => {
    const answers = await withstand(target, () =>
      Promise.all(Array.from({ length: 5 }, () => exchange(target.url, bytes))),
    );
    for (const answer of answers) expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])('%s', async (method) => {
    const { status } = await send(target.url, { method });
    expect(status).toBe(405);
  });

  test('CONNECT', async () => {
    expect(await exchange(target.url, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n')).not.toMatch(
      /^HTTP\/1.1 [25]/,
    );
  });

  test.each([
    [
      'a list of operations',
      `[${QUERY},${QUERY}]`,
      /^Expected a JSON object with a `query`, got another kind of JSON\.$/,
    ],
    [
      'a list of 20,000 operations',
      `[${Array(20_000).fill(QUERY)}]`,
      /^Expected JSON of at most 12000 objects and lists, got more\.$/,
    ],
  ])('%s', async (_, body, message) => {
    expectRefused(await withstand(target, () => flood(4, () => post(target.url, body))), 400, message);
  });

  test('a body that is packed, of 100 MB', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, ' '));
    const ask = () =>
      send(target.url, {
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', accept: 'application/json' },
        body: bomb,
      });
    expectRefused(
      await withstand(target, () => flood(4, ask)),
      415,
      /^Expected a body without a Content-Encoding, got gzip/,
    );
  });
});

describe('with the points that an address has, harms nobody:', () => {
  let ordinary: Target;

  beforeAll(async () => {
    ordinary = await startTarget();
  }, 60_000);
  afterAll(() => ordinary.close());

  test.each([
    ['a stalled reader of JSON', 'application/json'],
    ['a stalled reader of events', 'text/event-stream'],
  ])('%s, thirty times, with twenty requests each', async (_, accept) => {
    const asks = `${toHead(LARGE.length, accept)}${LARGE}`.repeat(20);
    await withstand(ordinary, () => holding(30, asks, () => sleep(HOLD_MS), true, ordinary.url));
  });
});

describe('harms nobody:', () => {
  test.each([
    ['500 idle connections', 500, ''],
    ['200 heads that are half sent', 200, 'POST /graphql HTTP/1.1\r\nhost: x\r\nx: '],
    ['200 bodies that are half sent', 200, `${toHead(1_000_000)}{"query":"`],
    ['60 bodies of 1 MB that lack a byte', 60, `${toHead(1_000_000)}${'x'.repeat(999_999)}`],
    [
      '200 clients that ask to speak another protocol',
      200,
      'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    ],
  ])('%s', async (_, count, bytes) => {
    await withstand(target, () => holding(count, bytes, () => sleep(HOLD_MS)));
  });

  test.each([
    ['a stalled reader of JSON', 'application/json'],
    ['a stalled reader of events', 'text/event-stream'],
  ])('%s, twice, with twenty requests each', async (_, accept) => {
    const asks = `${toHead(LARGE.length, accept)}${LARGE}`.repeat(20);
    // As many at a time as the points of one address come to; those are not what is tried here.
    await withstand(target, () => holding(2, asks, () => sleep(HOLD_MS), true));
  });

  test('a request that comes a byte at a time', async () => {
    const bytes = toPost('/graphql');
    await withstand(target, () =>
      holding(50, '', async (sockets) => {
        for (const byte of bytes.slice(0, 100)) {
          for (const { socket } of sockets) socket.write(byte);
          await sleep(5);
        }
      }),
    );
  });
});

test('two hundred requests at once on a connection are answered, each one', async () => {
  const bytes = `${`${toHead(QUERY.length)}${QUERY}`.repeat(199)}${toPost('/graphql')}`;
  const answer = await withstand(target, () => exchange(target.url, bytes));
  expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(200);
});

test.each([
  ['the mark that it waits to go on', 'expect: 100-continue'],
  ['trailers', 'trailer: x-more'],
])('a request with %s is answered', async (_, header) => {
  const chunks = `${QUERY.length.toString(16)}\r\n${QUERY}\r\n0\r\nx-more: a\r\n\r\n`;
  const answer = await exchange(
    target.url,
    `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n${header}\r\nconnection: close\r\n\r\n${chunks}`,
  );
  expect(answer).toMatch(/HTTP\/1.1 200 OK[\s\S]*"data":\{"about"/);
});

/** Opens so many connections, sends the same on each, and cuts them when the work is done. */
async function holding(
  count: number,
  bytes: string,
  work: (sockets: RawSocket[]) => Promise<void>,
  isDeaf = false,
  url = target.url,
): Promise<void> {
  using held = new DisposableStack();
  const sockets = await Promise.all(Array.from({ length: count }, async () => held.use(await RawSocket.open(url))));
  for (const { socket } of sockets) {
    if (isDeaf) socket.pause();
    socket.write(bytes);
  }
  await work(sockets);
}

function toHead(length: number, accept = 'application/json'): string {
  return `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: ${accept}\r\ncontent-length: ${length}\r\n\r\n`;
}

function toPost(path: string, host = 'x'): string {
  return `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${QUERY.length}\r\nconnection: close\r\n\r\n${QUERY}`;
}
