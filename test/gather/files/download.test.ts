import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ReadStream, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createPools, endPools } from '../../../src/gather/database/pool.ts';
import { createTables, engineTables } from '../../../src/gather/database/tables.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { SENT_COLUMNS } from '../../../src/gather/files/download.ts';
import { createDownloadRoute, createFileRoute, type Download, FILE_KEY } from '../../../src/gather/files/file-route.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import type { Route } from '../../../src/gather/files/routes.ts';
import type { Store } from '../../../src/gather/files/store.ts';
import { type FaultEvent, faults } from '../../../src/gather/monitoring/channels.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';
import { watchResources } from '../../helpers/resources.ts';

const CREATED_AT = '2026-11-21 09:05:00.654321+00';
const LAST_MODIFIED = 'Sat, 21 Nov 2026 09:05:00 GMT';
const LARGE_BYTES = 50_000_000;
const IDLE_TIMEOUT_MS = 1000;

let database: TestDatabase;
let directory: string;
let local: Store;
let server: Server;
let port: number;
let assertNothingIsLeft: () => Promise<void>;
/** What answers; a test may exchange it. */
let route: Route;
/** What the clients of a test have begun to receive. */
let begun: IncomingMessage[] = [];
let opened: Readable[] = [];
let logged: { err: { message: string } }[] = [];

const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });

/** Notes each stream that it opens. */
const store: Pick<Store, 'read'> = {
  async read(...args) {
    const stream = await local.read(...args);
    opened.push(stream);
    return stream;
  },
};

beforeAll(async () => {
  assertNothingIsLeft = watchResources();
  database = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'gather-download-'));
  local = createLocalStore(directory);
  server = createServer((incoming, outgoing) => void route(incoming, outgoing)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

beforeEach(() => {
  route = createFileRoute({ pools: database.pools, store, log, proxyHops: 0 });
});

afterEach(async () => {
  for (const response of begun) response.destroy();
  begun = [];
  await eventually(() => expect(opened.every((stream) => stream.destroyed)).toBe(true));
  await eventually(() => expect(openFiles()).toEqual([]));
  opened = [];
  logged = [];
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
  await local.close();
  await rm(directory, { recursive: true });
  await assertNothingIsLeft();
});

describe('a file', () => {
  test('is sent with what a client has to know of it', async () => {
    const { key, etag } = await keep('Smoke.', { name: 'smoke.txt', type: 'text/plain' });
    const { status, headers, body } = await get(`/files/${key}`);
    expect({ status, body }).toEqual({ status: 200, body: 'Smoke.' });
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '6',
      'content-disposition': 'inline; filename="smoke.txt"',
      'accept-ranges': 'bytes',
      etag,
      'last-modified': LAST_MODIFIED,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'",
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(logged).toEqual([]);
  });

  test('costs one statement', async () => {
    const { key } = await keep('Smoke.');
    database.statements();
    await get(`/files/${key}?from=catalogue`);
    expect(database.statements()).toEqual([expect.stringContaining('from "gather"."file" where "key" = $1')]);
  });

  test('has the same headers for a HEAD, whose answer has no body and reads none', async () => {
    const { key } = await keep('Smoke.');
    const { date: _, ...headers } = (await get(`/files/${key}`)).headers;
    opened = [];
    const head = await ask('HEAD', `/files/${key}`, { range: 'bytes=0-1' });
    expect(head).toMatchObject({ status: 200, headers, body: '' });
    expect(opened).toEqual([]);
  });

  test('may be empty', async () => {
    const { key } = await keep('');
    for (const range of ['nonsense', 'bytes=0-', 'bytes=-5']) {
      expect(await get(`/files/${key}`, { range })).toMatchObject({
        status: 200,
        headers: { 'content-length': '0' },
        body: '',
      });
    }
  });

  test('may have any name', async () => {
    const { key } = await keep('Smoke.', { name: '燻製 "x"\r\nSet-Cookie: a=1 🔥.zip', type: 'application/zip' });
    const { headers } = await get(`/files/${key}`);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="__ _x_Set-Cookie: a=1 _.zip"; ` +
        `filename*=UTF-8''%E7%87%BB%E8%A3%BD%20%22x%22Set-Cookie%3A%20a%3D1%20%F0%9F%94%A5.zip`,
    );
    expect(headers['set-cookie']).toBeUndefined();
  });

  test('is sent over one connection as often as it is asked for, whatever the answer is', async () => {
    const { key, etag } = await keep('x'.repeat(300_000));
    const path = `/files/${key}`;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses = [];
    const ports = new Set<number | undefined>();
    for (let round = 0; round < 10; round++) {
      for (const [method, headers] of [
        ['GET', {}],
        ['HEAD', {}],
        ['GET', { range: 'bytes=-300' }],
        ['GET', { range: 'bytes=300000-' }],
        ['GET', { 'if-none-match': etag }],
        ['HEAD', { 'if-match': '"another"' }],
        ['POST', {}],
      ] as [string, Record<string, string>][]) {
        const response = await begin(method, path, headers, agent);
        ports.add(response.socket.localPort);
        const { length } = Buffer.concat(await response.toArray());
        if (method === 'GET' && response.statusCode !== 304) {
          expect(`${length}`).toBe(response.headers['content-length']);
        }
        statuses.push(response.statusCode);
      }
    }
    agent.destroy();
    expect(statuses.slice(0, 7)).toEqual([200, 200, 206, 416, 304, 412, 405]);
    expect(ports.size).toBe(1);
    expect(logged).toEqual([]);
  });
});

describe('of ten bytes, a Range', () => {
  test.each([
    ['bytes=0-0', '0', '0-0'],
    ['bytes=9-9', '9', '9-9'],
    ['bytes=2-4', '234', '2-4'],
    ['bytes=5-', '56789', '5-9'],
    ['bytes=0-', '0123456789', '0-9'],
    ['bytes=8-999999999999999999999', '89', '8-9'],
    ['bytes=-1', '9', '9-9'],
    ['bytes=-11', '0123456789', '0-9'],
    ['BYTES= 1-2 ', '12', '1-2'],
  ])('of %s gives %s', async (range, body, contentRange) => {
    const { key } = await keep('0123456789');
    expect(await get(`/files/${key}`, { range })).toMatchObject({
      status: 206,
      headers: { 'content-range': `bytes ${contentRange}/10`, 'content-length': `${body.length}` },
      body,
    });
  });

  test.each(['bytes=10-', 'bytes=10-11', 'bytes=-0', `bytes=${'9'.repeat(40)}-`])(
    'of %s is not satisfiable',
    async (range) => {
      const { key } = await keep('0123456789');
      const { status, headers, error } = await get(`/files/${key}`, { range });
      expect({ status, range: headers['content-range'], error }).toEqual({
        status: 416,
        range: 'bytes */10',
        error: {
          code: 'RANGE_NOT_SATISFIABLE',
          message: 'Expected a range that begins within the 10 bytes of this file, got another.',
        },
      });
      expect(headers.etag).toBeUndefined();
    },
  );

  test.each(['bytes=4-2', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=0x1-2', 'bytes=--1', 'books=0-1', 'bytes=0-1,3-4'])(
    'of %s is passed over',
    async (range) => {
      const { key } = await keep('0123456789');
      const { status, headers, body } = await get(`/files/${key}`, { range });
      expect({ status, body }).toEqual({ status: 200, body: '0123456789' });
      expect(headers['content-range']).toBeUndefined();
    },
  );

  test.each([
    ['the tag', 206, (etag: string) => etag],
    ['the date', 206, () => LAST_MODIFIED],
    ['another tag', 200, () => '"another"'],
    ['the tag as a weak one', 200, (etag: string) => `W/${etag}`],
    ['an earlier date', 200, () => 'Sat, 21 Nov 2026 09:04:59 GMT'],
    ['a later date', 200, () => 'Sat, 21 Nov 2026 09:05:01 GMT'],
  ])('with If-Range of %s is answered with %i', async (_, status, ifRange) => {
    const { key, etag } = await keep('0123456789');
    const answer = await get(`/files/${key}`, { range: 'bytes=2-3', 'if-range': ifRange(etag) });
    expect(answer).toMatchObject({ status, body: status === 206 ? '23' : '0123456789' });
  });

  test('that cannot be satisfied is passed over where If-Range does not hold', async () => {
    const { key } = await keep('0123456789');
    expect((await get(`/files/${key}`, { range: 'bytes=99-', 'if-range': '"another"' })).status).toBe(200);
  });
});

describe('a file that was made at 09:05:00', () => {
  const BEFORE = 'Sat, 21 Nov 2026 09:04:59 GMT';
  const AFTER = 'Sat, 21 Nov 2026 09:05:01 GMT';

  test.each([
    [{ 'if-none-match': 'ETAG' }, 304],
    [{ 'if-none-match': 'W/ETAG' }, 304],
    [{ 'if-none-match': '"a,b", W/"c", ETAG' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"another"' }, 200],
    [{ 'if-none-match': 'nonsense' }, 200],
    [{ 'if-modified-since': LAST_MODIFIED }, 304],
    [{ 'if-modified-since': AFTER }, 304],
    [{ 'if-modified-since': 'Saturday, 21-Nov-26 09:05:00 GMT' }, 304],
    [{ 'if-modified-since': 'Sat Nov 21 09:05:00 2026' }, 304],
    [{ 'if-modified-since': BEFORE }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-modified-since': '2027' }, 200],
    // The tag is asked, and the date is not.
    [{ 'if-none-match': '"another"', 'if-modified-since': AFTER }, 200],
    [{ 'if-none-match': 'ETAG', 'if-modified-since': BEFORE }, 304],
    [{ 'if-match': 'ETAG' }, 200],
    [{ 'if-match': '"another", ETAG' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': 'W/ETAG' }, 412],
    [{ 'if-match': '"another"' }, 412],
    [{ 'if-match': 'nonsense' }, 412],
    [{ 'if-unmodified-since': LAST_MODIFIED }, 200],
    [{ 'if-unmodified-since': AFTER }, 200],
    [{ 'if-unmodified-since': BEFORE }, 412],
    [{ 'if-unmodified-since': 'yesterday' }, 200],
    [{ 'if-match': 'ETAG', 'if-unmodified-since': BEFORE }, 200],
    [{ 'if-match': '"another"', 'if-unmodified-since': AFTER }, 412],
    [{ 'if-match': 'ETAG', 'if-none-match': 'ETAG' }, 304],
    [{ 'if-match': '"another"', 'if-none-match': 'ETAG' }, 412],
    [{ 'if-none-match': 'ETAG', range: 'bytes=0-0' }, 304],
    [{ 'if-match': '"another"', range: 'bytes=0-0' }, 412],
    [{ 'if-match': 'ETAG', range: 'bytes=99-' }, 416],
  ] as [Record<string, string>, number][])('asked for with %j is answered with %i', async (conditions, status) => {
    const { key, etag } = await keep('Smoke.');
    const headers = Object.fromEntries(
      Object.entries(conditions).map(([name, value]) => [name, value.replace('ETAG', etag)]),
    );
    for (const method of ['GET', 'HEAD']) {
      // A HEAD has no ranges.
      const expected = method === 'HEAD' && status === 416 ? 200 : status;
      const answer = await ask(method, `/files/${key}`, headers);
      expect({ method, status: answer.status }).toEqual({ method, status: expected });
      if (expected === 200 && method === 'GET') expect(answer.body).toBe('Smoke.');
      if (expected !== 304) continue;
      expect(answer).toMatchObject({ headers: { etag, 'last-modified': LAST_MODIFIED }, body: '' });
      expect(answer.headers['content-length']).toBeUndefined();
    }
  });
});

describe('nothing is found', () => {
  test.each([
    `/files/${randomUUID()}`,
    '/files/',
    '/files',
    '/files/1',
    `/files/${randomUUID()}/x`,
    `/files/..%2f${randomUUID()}`,
    "/files/' or true --",
    `/covers/${randomUUID()}/cover.pdf`,
  ])('at %s', async (path) => {
    expect(await get(encodeURI(path))).toMatchObject({
      status: 404,
      headers: { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' },
      error: { code: 'NOT_FOUND', message: 'There is no file at this address.' },
    });
  });

  test('of a file that was deleted, whatever the client has of it', async () => {
    const { key, etag } = await keep('Smoke.');
    await engineTables(database.database).file.delete({ key });
    expect((await get(`/files/${key}`, { 'if-none-match': etag })).status).toBe(404);
  });

  test('of a file whose bytes are gone, and it is logged', async () => {
    const { key } = await keep('Smoke.');
    await local.remove(key);
    expect(await get(`/files/${key}`)).toMatchObject({ status: 404, error: { code: 'NOT_FOUND' } });
    expect(logged).toHaveLength(1);
  });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
  const { key } = await keep('Smoke.');
  expect(await ask(method, `/files/${key}`)).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD' },
    error: { code: 'METHOD_NOT_ALLOWED', message: `Expected GET or HEAD, got ${method}.` },
  });
});

test('a download of an application is sent under its own name, and no other file is', async () => {
  const coverDownload: Download = {
    path: new RegExp(`^/covers/${FILE_KEY}/cover\\.pdf$`, 'i'),
    async find(tables, key) {
      const file = await tables['gather.file'].find({ key }, { columns: ['id', ...SENT_COLUMNS] });
      if (!file || !(await tables.book.exists({ coverId: file.id }))) return undefined;
      return { ...file, name: 'cover.pdf' };
    },
  };
  const { id, key } = await keep('%PDF-1.7', { name: 'Ada.pdf', type: 'application/pdf' });
  const { key: other } = await keep('%PDF-1.7', { type: 'application/pdf' });
  await createTables(database.database).book.update({ id: '1' }, { coverId: id });
  route = createDownloadRoute({ pools: database.pools, store, log, proxyHops: 0 }, coverDownload);
  expect(await get(`/covers/${key}/cover.pdf`)).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': 'attachment; filename="cover.pdf"',
    },
    body: '%PDF-1.7',
  });
  expect((await get(`/covers/${other}/cover.pdf`)).status).toBe(404);
  expect((await get(`/covers/${key}/other.pdf`)).status).toBe(404);
});

describe('where the store fails', () => {
  test.each([
    [
      'breaks',
      async function* () {
        yield Buffer.from('01234');
        await sleep(20);
        throw new Error('The disk is gone.');
      },
      'The disk is gone.',
    ],
    [
      'has too little',
      async function* () {
        yield Buffer.from('01234');
      },
      'Expected 10 bytes from the store, got 5.',
    ],
    [
      'has too much',
      async function* () {
        yield Buffer.from('01234');
        await sleep(20);
        yield Buffer.from('56789a');
      },
      'Expected 10 bytes from the store, got more.',
    ],
  ])('because it %s, the connection is cut and it is logged', async (_, bytes, message) => {
    const { key } = await keep('0123456789');
    useStore({
      read: async () => {
        const stream = Readable.from(bytes());
        opened.push(stream);
        return stream;
      },
    });
    const response = await begin('GET', `/files/${key}`);
    expect(response.headers['content-length']).toBe('10');
    await expect(response.toArray()).rejects.toThrow('aborted');
    await eventually(() => expect(logged).toMatchObject([{ err: { message } }]));
  });

  test('before it has begun, it says so, and the fault is reported', async () => {
    const { key } = await keep('Smoke.');
    const fault = new Error('/var/lib/secret: EIO');
    useStore({ read: () => Promise.reject(fault) });
    const reported: unknown[] = [];
    const onFault = (message: unknown) => void reported.push((message as FaultEvent).error);
    faults.subscribe(onFault);
    onTestFinished(() => void faults.unsubscribe(onFault));
    expect(await get(`/files/${key}`)).toMatchObject({
      status: 500,
      headers: { 'cache-control': 'no-store' },
      error: { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side.' },
    });
    expect(logged).toMatchObject([{ err: { message: '/var/lib/secret: EIO' } }]);
    expect(reported).toEqual([fault]);
  });

  test('because it does not answer, it is a 504', async () => {
    const { key } = await keep('Smoke.');
    const timeout = new GatherError('UPSTREAM_TIMEOUT', 'The store took too long.', { source: 's3', retryable: true });
    useStore({ read: () => Promise.reject(timeout) });
    expect(await get(`/files/${key}`)).toMatchObject({ status: 504, error: { code: 'UPSTREAM_TIMEOUT' } });
  });
});

test('without a database it is a 503', async () => {
  const databaseUrl = 'postgres://127.0.0.1:1/none';
  const pools = createPools({
    ...TEST_TABLES,
    databaseUrl,
    poolSize: 1,
    connectTimeoutMs: 1000,
    statementTimeoutMs: 1000,
  });
  route = createFileRoute({ pools, store, log, proxyHops: 0 });
  const { status, error } = await get(`/files/${randomUUID()}`);
  await endPools(pools);
  expect({ status, code: error?.code }).toEqual({ status: 503, code: 'DATABASE_UNAVAILABLE' });
});

describe('of fifty megabytes', () => {
  let key: string;

  beforeAll(async () => {
    ({ key } = await keepLarge());
  });

  test('a client that does not read costs no memory', async () => {
    const before = process.memoryUsage().rss;
    await Promise.all(Array.from({ length: 20 }, () => begin('GET', `/files/${key}`)));
    await untilStill();
    // What the system itself holds for the two ends of a connection is not the server's.
    for (const stream of opened) expect(bytesRead(stream)).toBeLessThan(LARGE_BYTES / 2);
    expect(process.memoryUsage().rss - before).toBeLessThan(128_000_000);
  });

  test('a client that reads slowly gets them all', async () => {
    useIdleTimeout();
    const response = await begin('GET', `/files/${key}`);
    const hash = createHash('sha256');
    let taken = 0;
    for await (const chunk of response) {
      hash.update(chunk);
      taken += chunk.length;
      // All the pauses together are longer than a client may take nothing.
      if (taken > 3_000_000) {
        taken = 0;
        await sleep(IDLE_TIMEOUT_MS / 4);
      }
    }
    expect(`"${hash.digest('hex')}"`).toBe(response.headers.etag);
    expect(logged).toEqual([]);
  });

  test('a client that takes nothing for too long is cut off', async () => {
    useIdleTimeout();
    const response = await begin('GET', `/files/${key}`);
    await eventually(() => expect(opened[0]?.destroyed).toBe(true));
    await expect(response.toArray()).rejects.toThrow();
    expect(logged).toEqual([]);
  });

  test('fifty clients that leave in the middle leave nothing behind', async () => {
    const responses = await Promise.all(Array.from({ length: 50 }, () => begin('GET', `/files/${key}`)));
    expect(opened).toHaveLength(50);
    for (const response of responses) {
      await once(response, 'readable');
      response.destroy();
    }
    await eventually(async () => expect(await connections()).toBe(0));
    await eventually(() => expect(opened.every((stream) => stream.destroyed)).toBe(true));
    expect(logged).toEqual([]);
  });

  test('a client that leaves while the store is silent ends the reading', async () => {
    const silent = new Readable({ read() {} });
    silent.push('brisket');
    opened.push(silent);
    useStore({ read: async () => silent });
    const response = await begin('GET', `/files/${key}`);
    response.destroy();
    await eventually(() => expect(silent.destroyed).toBe(true));
    expect(logged).toEqual([]);
  });

  test('a client that leaves before the head ends the opening', async () => {
    const gone = Promise.withResolvers<unknown>();
    useStore({
      read: (_, signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            gone.resolve(signal.reason);
            reject(signal.reason);
          }),
        ),
    });
    const outgoing = request({ port, path: `/files/${key}`, agent: false });
    outgoing.on('error', () => {});
    outgoing.end();
    setTimeout(() => outgoing.destroy(), 200);
    expect(await gone.promise).toMatchObject({ code: 'CANCELLED' });
    expect(logged).toEqual([]);
  });
});

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
  /** Of a body that is one of an error. */
  error: { code: string; message: string } | undefined;
}

function get(path: string, headers?: Record<string, string>): Promise<Answer> {
  return ask('GET', path, headers);
}

async function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await begin(method, path, headers);
  const body = Buffer.concat(await response.toArray()).toString();
  const isError = body !== '' && response.headers['content-type']?.startsWith('application/json');
  return {
    status: response.statusCode,
    headers: response.headers,
    body,
    error: isError ? toError(JSON.parse(body)) : undefined,
  };
}

function toError({
  errors: [{ message, extensions }],
}: {
  errors: [{ message: string; extensions: { code: string } }];
}) {
  return { ...extensions, message };
}

/** The head of the response, on a connection of its own unless there is an agent. */
async function begin(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  agent: Agent | false = false,
): Promise<IncomingMessage> {
  const outgoing = request({ port, method, path, headers, agent }).end();
  const [response] = await once(outgoing, 'response');
  begun.push(response);
  return response;
}

async function keep(content: string, { name = 'a.bin', type = 'application/octet-stream' } = {}) {
  return keepBytes([Buffer.from(content)], name, type);
}

function keepLarge() {
  const megabyte = Buffer.alloc(1_000_000, 'brisket ');
  return keepBytes(
    Array.from({ length: LARGE_BYTES / megabyte.length }, () => megabyte),
    'large.bin',
    'application/zip',
  );
}

async function keepBytes(chunks: Buffer[], name: string, type: string) {
  const key = randomUUID();
  const hash = createHash('sha256');
  let size = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  const sha256 = hash.digest('hex');
  await local.append(key, 0, Readable.from(chunks), new AbortController().signal);
  await local.complete(key);
  const row = { key, name, type, size, sha256, owner: null, createdAt: CREATED_AT };
  const { id } = await engineTables(database.database).file.create(row);
  return { id, key, etag: `"${sha256}"` };
}

function useStore(other: Pick<Store, 'read'>): void {
  route = createFileRoute({ pools: database.pools, store: other, log, proxyHops: 0 });
}

function useIdleTimeout(): void {
  route = createFileRoute({ pools: database.pools, store, log, proxyHops: 0, idleTimeoutMs: IDLE_TIMEOUT_MS });
}

/** Waits until the server sends nothing any more. */
async function untilStill(): Promise<void> {
  let before = -1;
  let now = 0;
  while (before !== now) {
    before = now;
    await sleep(300);
    now = opened.reduce((sum, stream) => sum + bytesRead(stream), 0);
  }
}

function bytesRead(stream: Readable): number {
  return (stream as ReadStream).bytesRead;
}

function connections(): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}

/** Files of the store that this process has open, where the system tells. */
function openFiles(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(directory));
}
