import { getEventListeners } from 'node:events';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Call, calls } from '../../../src/gather/calls.ts';
import { createCheck } from '../../../src/gather/services/check.ts';
import { ServiceClient, type ServiceClientOptions } from '../../../src/gather/services/service-client.ts';
import { eventually } from '../../helpers/eventually.ts';
import {
  delay,
  drip,
  garbage,
  gzipBomb,
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

const check = createCheck<{ text: string }>({
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string' } },
});
const NESTED = { type: 'array', items: { $ref: '#/definitions/Nested' } };
const opinion = { text: 'A classic.' };
const JSON_TYPE = { 'content-type': 'application/json' };

let server: HttpServer;
let opened: ServiceClient[];

beforeEach(async () => {
  server = await startHttpServer(json(opinion));
  opened = [];
});

afterEach(async () => {
  const left = opened.map((upstream) => upstream.state());
  await Promise.all(opened.map((upstream) => upstream.close()));
  await server.close();
  expect(left.every(({ running, queued }) => running === 0 && queued === 0)).toBe(true);
});

function open(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const upstream = new ServiceClient({
    name: 'press',
    baseUrl: server.url,
    timeoutMs: 20_000,
    connections: 8,
    maxQueued: 8,
    ...options,
  });
  opened.push(upstream);
  return upstream;
}

const request = { method: 'GET', path: '/opinion', query: '?of=day', headers: {}, call: 'opinion' } as const;

function ask(upstream: ServiceClient, signal = new AbortController().signal) {
  return upstream.send({ ...request, signal, answers: { 200: check } });
}

async function failureOf(upstream: ServiceClient) {
  return ask(upstream).then(
    () => ({ code: 'OK', message: '', source: undefined, retryable: undefined }),
    (error) => error,
  );
}

/** Lets a second pass for breakers. */
function passSecond() {
  vi.setSystemTime(Date.now() + 1001);
}

function timers() {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

async function failTimes(upstream: ServiceClient, times: number) {
  for (let count = 0; count < times; count++) await failureOf(upstream);
}

describe('an answer', () => {
  it('is the checked body', async () => {
    expect(await ask(open())).toEqual(opinion);
    expect(server.requests).toEqual([{ method: 'GET', path: '/opinion?of=day', aborted: false }]);
  });

  it('may have fields that nobody asked for', async () => {
    server.respond = json({ ...opinion, pages: 3 });
    expect(await ask(open())).toMatchObject(opinion);
  });

  it('comes from below the path of the base URL', async () => {
    await ask(open({ baseUrl: `${server.url}/v2/` }));
    expect(server.requests[0]?.path).toBe('/v2/opinion?of=day');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['X-GZip ', gzipSync],
    ['Deflate', deflateRawSync],
    ['deflate', gzipSync],
    ['identity', Buffer.from],
    ['Identity', Buffer.from],
    ['', Buffer.from],
    [',', Buffer.from],
    ['gzip, identity', gzipSync],
    ['deflate, GZIP', (body: string) => gzipSync(deflateSync(body))],
    ['BR ,zstd', (body: string) => zstdCompressSync(brotliCompressSync(body))],
  ])('is decoded from "%s"', async (encoding, encode) => {
    server.respond = text(encode(JSON.stringify(opinion)), { ...JSON_TYPE, 'content-encoding': encoding });
    expect(await ask(open())).toEqual(opinion);
  });

  it('is decoded by codings that are said in two headers', async () => {
    server.respond = (_request, response) => {
      response.writeHead(200, [
        ...['content-type', 'application/json'],
        ...['content-encoding', 'deflate', 'content-encoding', 'gzip'],
      ]);
      response.end(gzipSync(deflateSync(JSON.stringify(opinion))));
    };
    expect(await ask(open())).toEqual(opinion);
  });

  it.each([
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=utf8',
    'application/json ; Charset="UTF-8"',
    'application/json;',
  ])('may say that it is JSON as "%s", with the mark of UTF-8 or without', async (type) => {
    for (const mark of ['', '\uFEFF']) {
      server.respond = text(mark + JSON.stringify({ text: 'Märchenbücher' }), { 'content-type': type });
      expect(await ask(open())).toEqual({ text: 'Märchenbücher' });
    }
  });

  it('is read by its charset', async () => {
    const body = JSON.stringify({ text: 'Märchenbücher' });
    const bodies = { 'iso-8859-1': Buffer.from(body, 'latin1'), 'utf-16le': Buffer.from(`\uFEFF${body}`, 'utf16le') };
    for (const [charset, bytes] of Object.entries(bodies)) {
      server.respond = text(bytes, { 'content-type': `application/json; charset=${charset}` });
      expect(await ask(open())).toEqual({ text: 'Märchenbücher' });
    }
  });

  it('is put together from its pieces', async () => {
    const long = { text: 'é'.repeat(300_000) };
    server.respond = json(long);
    expect(await ask(open())).toEqual(long);
  });

  it.each([
    ['anything', {}],
    ['a type that refers to itself', { $ref: '#/definitions/Nested', definitions: { Nested: NESTED } }],
  ])('nested without end is a fault of the service, where the contract has %s', async (_, schema) => {
    const upstream = open();
    const send = (levels: number) => {
      server.respond = text('['.repeat(levels) + ']'.repeat(levels), JSON_TYPE);
      const { signal } = new AbortController();
      return upstream.send({ ...request, signal, answers: { 200: createCheck(schema) } });
    };
    await expect(send(500_000)).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID',
      message: 'press answered GET /opinion with JSON of more than 200 levels; expected at most 200.',
      source: 'press',
    });
    await expect(send(201)).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
    expect(await send(200)).toBeInstanceOf(Array);
    expect(upstream.state()).toMatchObject({ running: 0, queued: 0 });
  });

  it('of a status that a healthy service may answer is an error that says so, and is no failure', async () => {
    server.respond = status(503);
    const lines: string[] = [];
    const upstream = open({ log: pino({}, { write: (line: string) => void lines.push(line) }) });
    const { signal } = new AbortController();
    const answers = { 200: check };
    for (let count = 0; count < 30; count++) {
      const given = { failures: { 503: 'It is Sunday' }, expected: [503] };
      await expect(upstream.send({ ...request, ...given, signal, answers })).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        status: 503,
        message: 'press answered GET /opinion with status 503 (It is Sunday); expected 200.',
      });
    }
    expect(server.requests).toHaveLength(30);
    expect(upstream.state().breaker).toBe('closed');
    expect(lines).toEqual([]);
  });

  it('without a body is undefined, whatever comes with it', async () => {
    server.respond = status(204);
    const { signal } = new AbortController();
    expect(await open().send({ ...request, signal, answers: { 200: check, 204: null } })).toBeUndefined();
    server.respond = text('more', {});
    expect(await open().send({ ...request, signal, answers: { '2XX': null } })).toBeUndefined();
  });

  it('after others comes over a connection that is there already', async () => {
    const upstream = open();
    for (let count = 0; count < 10; count++) await ask(upstream);
    expect(server.connections).toBeLessThanOrEqual(2);
  });
});

describe('an answer that breaks the contract', () => {
  it.each([
    ['a body that is not JSON', garbage(), 'a body that is not JSON; expected JSON'],
    ['another content type', text('{}', { 'content-type': 'text/html' }), 'text/html; expected application/json'],
    ['no content type', text('{}', {}), 'no content type; expected application/json'],
    ['another shape', json({ text: 7 }), 'a body of the wrong shape (/text must be string)'],
    ['no body', status(204), 'status 204; expected 200'],
    ['another status', status(404), 'status 404; expected 200'],
    ['a redirect', status(302, { location: '/' }), 'status 302; expected 200'],
    ['a type that is none', text('{}', { 'content-type': 'json' }), 'json; expected application/json'],
    ['an unknown charset', text('{}', { 'content-type': 'application/json; charset=klingon' }), 'charset klingon'],
    ['an unknown encoding', json(opinion, { 'content-encoding': 'zip' }), 'content encoding zip; expected gzip'],
    ['an unknown one of two', json(opinion, { 'content-encoding': 'zip, gzip' }), 'a body that is not gzip'],
    [
      'six encodings',
      json(opinion, { 'content-encoding': 'br,br,br,br,br,br' }),
      '6 content codings; expected at most 5',
    ],
    [
      'a bomb in zstd',
      text(zstdCompressSync(Buffer.alloc(20_000_000)), { ...JSON_TYPE, 'content-encoding': 'zstd' }),
      'more than 5000000 bytes; expected less',
    ],
    ['a wrong encoding', json(opinion, { 'content-encoding': 'gzip' }), 'a body that is not gzip'],
    ['too many bytes', huge(), 'more than 5000000 bytes; expected less'],
    ['too many bytes once decoded', gzipBomb(), 'more than 5000000 bytes; expected less'],
  ])('%s is UPSTREAM_INVALID and not asked for again', async (_name, respond, message) => {
    server.respond = respond;
    const error = await failureOf(open());
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID', source: 'press', retryable: false });
    expect(error.message).toContain(`press answered GET /opinion with ${message}`);
    expect(server.requests).toHaveLength(1);
  });

  it('is cut off at the size limit', async () => {
    server.respond = huge();
    await failureOf(open());
    await eventually(() => expect(server.requests[0]?.aborted).toBe(true));
  });

  it('does not put more than a line of the answer into the message', async () => {
    server.respond = text('{}', { 'content-type': 'x'.repeat(5000) });
    expect((await failureOf(open())).message.length).toBeLessThan(300);
  });
});

describe('a service that fails', () => {
  it('by cutting the connection is asked three times', async () => {
    server.respond = reset();
    const error = await failureOf(open());
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'press', retryable: true });
    expect(error.message).not.toContain('127.0.0.1');
    expect(server.requests).toHaveLength(3);
  });

  it('by not listening is UPSTREAM_UNAVAILABLE', async () => {
    const upstream = open();
    await server.close();
    expect(await failureOf(upstream)).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'press could not be reached for GET /opinion: the connection was refused.',
    });
    server = await startHttpServer();
  });

  it.each([429, 502, 503, 504])('with %d is asked three times', async (code) => {
    server.respond = status(code);
    expect(await failureOf(open())).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true });
    expect(server.requests).toHaveLength(3);
  });

  it('with 500 is asked once', async () => {
    server.respond = status(500);
    expect(await failureOf(open())).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'press answered GET /opinion with status 500; expected 200.',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('once gives its answer all the same, measured as one call', async () => {
    server.respond = inTurn(reset(), status(503), json(opinion));
    const seen: Call[] = [];
    const listener = (message: unknown) => void seen.push(message as Call);
    calls.subscribe(listener);
    expect(await ask(open())).toEqual(opinion);
    calls.unsubscribe(listener);
    expect(server.requests).toHaveLength(3);
    expect(seen).toMatchObject([{ kind: 'http', name: 'press.opinion', keys: 1, outcome: 'ok' }]);
  });

  it('is asked again after a short Retry-After, not before', async () => {
    server.respond = inTurn(status(503, { 'retry-after': '1' }), json(opinion));
    const start = performance.now();
    expect(await ask(open())).toEqual(opinion);
    // A timer may come a little before its time by another clock.
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it.each(['3', new Date(Date.now() + 60_000).toUTCString()])(
    'is not asked again with Retry-After: %s',
    async (rest) => {
      server.respond = status(503, { 'retry-after': rest });
      await failureOf(open());
      expect(server.requests).toHaveLength(1);
    },
  );

  it('is not asked again when there is no time left', async () => {
    server.respond = inTurn(status(503, { 'retry-after': '1' }), json(opinion));
    expect(await failureOf(open({ timeoutMs: 900 }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(server.requests).toHaveLength(1);
  });

  it('for long gets a tenth more requests, not three times as many', async () => {
    server.respond = status(429);
    await failTimes(open(), 100);
    expect(server.requests.length).toBeGreaterThanOrEqual(118);
    expect(server.requests.length).toBeLessThanOrEqual(120);
  });
});

describe('the timeout', () => {
  it.each([
    ['never answers', hang()],
    ['answers byte by byte', drip(20)],
    ['answers too late', delay(2000, json(opinion))],
  ])('ends a call to a service that %s, and frees its socket', async (_name, respond) => {
    server.respond = respond;
    expect(await failureOf(open({ timeoutMs: 200 }))).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      message: 'press did not answer GET /opinion within 200 ms.',
      retryable: true,
    });
    await eventually(() => expect(server.requests[0]?.aborted).toBe(true));
    expect(server.requests).toHaveLength(1);
  });

  it('includes the retries', async () => {
    server.respond = inTurn(status(503), hang());
    expect(await failureOf(open({ timeoutMs: 1000 }))).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('a signal that aborts', () => {
  it.each([
    ['before the answer', hang()],
    ['within the answer', drip(20)],
  ])('%s rejects the call with its reason and frees the socket', async (_name, respond) => {
    server.respond = respond;
    const controller = new AbortController();
    const answer = ask(open(), controller.signal);
    await eventually(() => expect(server.requests).toHaveLength(1));
    const reason = new Error('The client left.');
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await eventually(() => expect(server.open.size).toBe(0));
    expect(server.requests[0]?.aborted).toBe(true);
  });

  it('between two attempts prevents the second', async () => {
    server.respond = status(503, { 'retry-after': '1' });
    const controller = new AbortController();
    const upstream = open();
    const answer = ask(upstream, controller.signal);
    await eventually(() => expect(server.requests).toHaveLength(1));
    await eventually(() => expect(server.open.size).toBe(0));
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
    const during = timers();
    controller.abort(new Error('The client left.'));
    await expect(answer).rejects.toThrow('The client left.');
    // The timer of the pause, and that of the deadline.
    expect(during - timers()).toBeGreaterThanOrEqual(2);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(server.requests).toHaveLength(1);
  });

  it('beforehand sends nothing', async () => {
    await expect(ask(open(), AbortSignal.abort(new Error('The client left.')))).rejects.toThrow('The client left.');
    expect(server.requests).toHaveLength(0);
  });

  it('has one listener for all calls, good or bad', async () => {
    server.respond = inTurn(json(opinion), garbage(), reset(), hang(), json(opinion));
    const { signal } = new AbortController();
    const upstream = open({ timeoutMs: 1000 });
    await Promise.allSettled(Array.from({ length: 6 }, () => ask(upstream, signal)));
    await new Promise(setImmediate);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });
});

describe('the breaker', () => {
  // Breakers look at the date. It stands still, so that no second passes on a slow machine.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('opens when most calls fail, tries one call after a second, and closes when it is answered', async () => {
    const upstream = open({ connections: 20 });
    await ask(upstream);
    server.respond = status(500);
    await failTimes(upstream, 8);
    expect(upstream.state().breaker).toBe('closed');
    await failTimes(upstream, 1);
    expect(upstream.state().breaker).toBe('open');

    expect(await failureOf(upstream)).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'press is not called for a second, because most calls to it failed.',
      retryable: true,
    });
    expect(server.requests).toHaveLength(10);

    const othersFailed = Promise.withResolvers<void>();
    server.respond = (request, response) => void othersFailed.promise.then(() => json(opinion)(request, response));
    passSecond();
    let failures = 0;
    const answers = Array.from({ length: 10 }, () =>
      ask(upstream).catch(() => {
        if (++failures === 9) othersFailed.resolve();
      }),
    );
    expect((await Promise.all(answers)).filter((answer) => answer)).toEqual([opinion]);
    expect(server.requests).toHaveLength(11);
    expect(upstream.state().breaker).toBe('closed');
    expect(await ask(upstream)).toEqual(opinion);
  });

  it('stays open when the call that it tried fails, or is left by its caller', async () => {
    const upstream = open();
    server.respond = status(500);
    await failTimes(upstream, 10);
    passSecond();
    await failureOf(upstream);
    expect(upstream.state().breaker).toBe('open');

    server.respond = hang();
    passSecond();
    const controller = new AbortController();
    const answer = ask(upstream, controller.signal);
    await eventually(() => expect(server.open.size).toBe(1));
    expect(upstream.state().breaker).toBe('half-open');
    controller.abort(new Error('The client left.'));
    await expect(answer).rejects.toThrow('The client left.');
    await new Promise(setImmediate);
    expect(upstream.state().breaker).toBe('open');
  });

  it('opens when calls time out', async () => {
    server.respond = hang();
    const upstream = open({ timeoutMs: 500, connections: 10 });
    await Promise.all(Array.from({ length: 10 }, () => failureOf(upstream)));
    expect(upstream.state().breaker).toBe('open');
  });

  it('does not count answers below 500, broken answers, or callers that leave', async () => {
    const upstream = open({ connections: 20, maxQueued: 20 });
    for (const respond of [status(404), garbage()]) {
      server.respond = respond;
      await failTimes(upstream, 20);
    }
    server.respond = hang();
    const controller = new AbortController();
    const answers = Array.from({ length: 20 }, () => ask(upstream, controller.signal));
    await eventually(() => expect(server.open.size).toBe(20));
    controller.abort(new Error('The client left.'));
    await Promise.allSettled(answers);
    await new Promise(setImmediate);
    expect(upstream.state().breaker).toBe('closed');
  });
});

describe('the queue', () => {
  it('runs as many calls as there are connections, lets some wait, and refuses the rest at once', async () => {
    server.respond = delay(150, json(opinion));
    const upstream = open({ connections: 2, maxQueued: 3 });
    const answers = Array.from({ length: 5 }, () => ask(upstream));
    expect(await failureOf(upstream)).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'press is busy: 3 calls are waiting already.',
      retryable: true,
    });
    expect(upstream.state()).toEqual({ running: 2, queued: 3, breaker: 'closed' });
    await Promise.all(answers);
    expect(server.requests).toHaveLength(5);
    expect(server.connections).toBe(2);
  });

  it('is left by a call whose signal aborts, which then is never sent', async () => {
    server.respond = delay(150, json(opinion));
    const upstream = open({ connections: 1 });
    const first = ask(upstream);
    const controller = new AbortController();
    const second = ask(upstream, controller.signal);
    const third = ask(upstream);
    await eventually(() => expect(upstream.state().queued).toBe(2));
    controller.abort(new Error('The client left.'));
    expect(upstream.state().queued).toBe(1);
    await expect(second).rejects.toThrow('The client left.');
    await Promise.all([first, third]);
    expect(server.requests).toHaveLength(2);
  });

  it('counts towards the timeout', async () => {
    server.respond = delay(250, json(opinion));
    const upstream = open({ connections: 1, timeoutMs: 400 });
    const [first, second] = await Promise.allSettled([ask(upstream), ask(upstream)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'UPSTREAM_TIMEOUT' } });
  });
});

it('fails calls under way when it is closed', async () => {
  server.respond = hang();
  const upstream = open();
  const failure = failureOf(upstream);
  await eventually(() => expect(server.open.size).toBe(1));
  await upstream.close();
  expect(await failure).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  await eventually(() => expect(server.open.size).toBe(0));
});
