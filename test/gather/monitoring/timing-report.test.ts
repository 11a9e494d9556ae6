import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { TimingReport } from '../../../src/gather/monitoring/timing.ts';
import { ANONYMOUS, SIGNED_IN, STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { readText, send } from '../../helpers/client.ts';
import { eventually } from '../../helpers/eventually.ts';
import { block, manyUnderWay } from '../http/many-under-way.ts';

const TIMEOUT_MS = 1000;
/** Times are rounded to the microsecond, each by itself. */
const ROUNDING_MS = 0.01;
/** A timer may come this much before its time by another clock. */
const EARLY_MS = 2;
/** What is told to everybody, in whole milliseconds. */
const TOTAL = /^total;dur=[1-9]\d*$/;
const ASKED = { headers: { 'x-gather-timing': '1' } };

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false, serviceTimeoutMs: TIMEOUT_MS });
  ({ url } = await gather.app.start());
});
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

describe('`extensions.timing`', () => {
  test('is there when it is asked for, and only then', async () => {
    const query = '{ catalogue { count } }';
    expect((await gather.query(query, {}, ASKED)).extensions?.timing.unit).toBe('ms');
    expect((await gather.query(query, {}, { headers: { 'x-gather-timing': '0' } })).extensions).not.toHaveProperty(
      'timing',
    );
    expect((await gather.query(query)).extensions).not.toHaveProperty('timing');
  });

  test('is always there in development, where nothing is executed too, unless it is switched off', async () => {
    const developed = await startTestApp({ isDevelopment: true, viewer: ANONYMOUS });
    for (const query of ['{ catalogue { count } }', '{ nothing }', '{']) {
      const { extensions } = await developed.query(query);
      expect(extensions?.timing).toMatchObject({ unit: 'ms', phases: { parse: expect.any(Number) } });
      const off = await developed.request(query, {}, { headers: { 'x-gather-timing': '0' } });
      expect(off.headers.get('server-timing')).toMatch(TOTAL);
      expect(await off.text()).not.toContain('"timing"');
    }
    await developed.close();
  });

  const SIGN_IN = 'mutation { signIn(input: { email: "a@b.example", password: "x" }) { userErrors { code } } }';
  const ACCEPT = ['application/json', 'multipart/mixed', 'text/event-stream'];

  test.each([
    ['{ catalogue { count } }', ANONYMOUS],
    ['{ catalogue { count } }', SIGNED_IN],
    ['{ front { pick { title } ... @defer { newest { isbn } } } }', ANONYMOUS],
    ['{ nothing }', ANONYMOUS],
    ['{', ANONYMOUS],
    [SIGN_IN, ANONYMOUS],
    [SIGN_IN, SIGNED_IN],
  ])('is for STAFF outside of development, and so is all of the header but the total: %s', async (query, viewer) => {
    for (const accept of ACCEPT) {
      const init = { headers: { ...ASKED.headers, accept, 'content-type': 'application/json' } };
      const body = JSON.stringify({ query });
      const response = await gather.app.fetch('http://gather/graphql', { ...init, method: 'POST', body }, { viewer });
      expect(response.headers.get('server-timing')).toMatch(TOTAL);
      expect(await response.text()).not.toContain('"timing"');
    }
  });

  test('is not for whoever says so over a socket, and for a session of STAFF', async () => {
    const ask = async (headers: Record<string, string>) => {
      const { response } = send(url, '{ catalogue { count } }', { ...ASKED.headers, ...headers });
      const { headers: answered } = await response;
      return { header: answered['server-timing'], text: await readText(await response) };
    };
    for (const headers of [{}, { authorization: 'Bearer gather_nonsense' }] as Record<string, string>[]) {
      const { header, text } = await ask(headers);
      expect(header).toMatch(TOTAL);
      expect(text).not.toContain('"timing"');
    }
    const { header, text } = await ask(STAFF_HEADERS);
    expect(header).toContain('book.count;dur=');
    expect(JSON.parse(text).extensions.timing.calls).toContainEqual(expect.objectContaining({ name: 'book.count' }));
  });

  test('names each call with its kind, keys and outcome', async () => {
    const { calls } = await timingOf(`{
      about { name }
      catalogue { books(first: 7) { nodes { author { name } rating shelf loans(first: 1) { nodes { dueOn } } } } }
      opinions(count: 2) { message }
    }`);
    const named = calls.map(({ kind, name, keys, outcome }) => `${kind} ${name} ${keys} ${outcome}`);
    expect(named.sort()).toEqual([
      'disk about 1 ok',
      'http ratings.getOpinion 1 ok',
      'http ratings.getOpinion 1 ok',
      'http ratings.getRatings 7 ok',
      'http shelves.getShelves 7 ok',
      'postgres authorById 7 ok',
      'postgres catalogue.books 1 ok',
      'postgres loansByBookId 7 ok',
    ]);
  });

  test('gives a service of 100 ms its 100 ms, and what came before it the rest', async () => {
    gather.services.ratings.delayMs = 100;
    const start = performance.now();
    const timing = await timingOf('{ catalogue { books(first: 3) { nodes { rating } } } }');
    const stopwatch = performance.now() - start;
    expectToAddUp(timing, stopwatch);
    const [books, ratings] = timing.calls;
    expect(ratings?.duration).toBeGreaterThan(100 - EARLY_MS);
    expect(ratings?.start).toBeGreaterThan((books?.start ?? 0) + (books?.duration ?? 0) - ROUNDING_MS);
    expect(timing.phases.execute).toBeGreaterThan((ratings?.duration ?? 0) + (books?.duration ?? 0) - ROUNDING_MS);
  });

  test('shows what it saves to make calls at the same time', async () => {
    const asked = Promise.withResolvers<void>();
    const services = [gather.services.ratings, gather.services.shelves];
    for (const service of services) service.gate = asked.promise;
    const start = performance.now();
    const answer = timingOf('{ front { pick { title } arrivals { reason } } opinions(count: 3) { message } }');
    await eventually(() => expect(services.flatMap(({ open }) => open)).toHaveLength(5));
    asked.resolve();
    const timing = await answer;
    expectToAddUp(timing, performance.now() - start);
    expect(timing.calls).toHaveLength(5);
    const lastStart = Math.max(...timing.calls.map((call) => call.start));
    for (const call of timing.calls) expect(call.start + call.duration).toBeGreaterThan(lastStart);
  });

  test('says how a call failed', async () => {
    gather.services.ratings.fault = 'hang';
    gather.services.shelves.fault = 'error';
    const { calls } = await timingOf('{ front { pick { title } arrivals { reason } } }');
    expect(calls).toMatchObject([
      { name: 'shelves.getArrivals', outcome: 'error' },
      { name: 'ratings.getPick', outcome: 'timeout' },
    ]);
    expect(calls[1]?.duration).toBeGreaterThan(TIMEOUT_MS - EARLY_MS);
  });

  test('shows a call that was made again once', async () => {
    gather.services.ratings.fault = 'reset';
    const { calls } = await timingOf('{ front { pick { title } } }');
    expect(gather.services.ratings.requests).toHaveLength(3);
    expect(calls).toMatchObject([{ name: 'ratings.getPick', outcome: 'error' }]);
  });

  test('counts a cursor as one call, as long as it was read', async () => {
    const { calls } = await timingOf('{ catalogue { all { isbn } } }');
    expect(calls).toMatchObject([{ kind: 'postgres', name: 'book.iterate', keys: 1, outcome: 'ok' }]);
  });

  test('keeps apart what runs at the same time', async () => {
    const queries = [
      '{ front { pick { title } } }',
      '{ opinions(count: 3) { message } }',
      '{ catalogue { count exists } }',
    ];
    const timings = await Promise.all(queries.map(timingOf));
    expect(timings.map(({ calls }) => calls.length)).toEqual([1, 3, 2]);
  });
});

describe('the `Server-Timing` header', () => {
  const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
  const PARAM = `;\\s*${TOKEN}=(?:${TOKEN}|${QUOTED})`;
  const METRIC = `${TOKEN}(?:${PARAM})*`;
  /** https://www.w3.org/TR/server-timing/#the-server-timing-header-field */
  const SERVER_TIMING = new RegExp(`^${METRIC}(?:, ${METRIC})*$`);
  const json = { 'content-type': 'application/json' };
  const post = (body: string, headers: Record<string, string> = json) => ({ method: 'POST', headers, body });

  const requests: [string, string, RequestInit][] = [
    ['an answer', '/graphql', post('{"query":"{ catalogue { count } }"}')],
    ['an answer to a GET', '/graphql?query={about{name}}', {}],
    ['a syntax error', '/graphql', post('{"query":"{"}')],
    ['an unknown field', '/graphql', post('{"query":"{ nothing }"}')],
    ['no JSON', '/graphql', post('{')],
    ['no query', '/graphql', post('{}')],
    ['another type of body', '/graphql', post('a=b', { 'content-type': 'text/plain' })],
    ['GraphiQL', '/graphql', { headers: { accept: 'text/html' } }],
    ['/health', '/health', {}],
    ['/ready', '/ready', {}],
  ];

  test.each(requests)('is valid on %s', async (_, path, init) => {
    const response = await fetch(url + path, init);
    const header = response.headers.get('server-timing') ?? '';
    await response.text();
    expect(header).toMatch(SERVER_TIMING);
    expect(header).toMatch(/total;dur=(?!0\b(?!\.\d))[\d.]+$/);
  });

  test('names the phases, the calls and the total', async () => {
    gather.services.ratings.delayMs = 100;
    const response = await gather.request('{ front { pick { title } } }');
    const metrics = (response.headers.get('server-timing') ?? '').split(', ');
    expect(metrics.map((metric) => metric.split(';', 1)[0])).toEqual([
      'parse',
      'validate',
      'context',
      'execute',
      'ratings.getPick',
      'total',
    ]);
    const [pick = ''] = metrics.filter((metric) => metric.startsWith('ratings.getPick'));
    expect(pick).toMatch(/^ratings\.getPick;dur=(9[89]|[1-9]\d\d+)(\.\d+)?;desc="http 1"$/);
  });

  test('stays short where there are many calls', async () => {
    const response = await gather.request('{ opinions(count: 100) { message } }');
    const header = response.headers.get('server-timing') ?? '';
    expect(header).toMatch(SERVER_TIMING);
    expect(header).toMatch(/, more;dur=[\d.]+, total;dur=[\d.]+$/);
    expect(header.length).toBeLessThan(4000);
  });

  test('counts from the arrival of a request that has to wait before it begins', async () => {
    using _ = await manyUnderWay(gather, url);
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const onArrival = () => {
      // The request begins in the next turn of the event loop, after this.
      setImmediate(() => block(200));
      resolve();
    };
    subscribe('http.server.request.start', onArrival);
    onTestFinished(() => void unsubscribe('http.server.request.start', onArrival));
    const { response } = send(url, '{ __typename }');
    await arrived;
    const { headers } = await response;
    const [, total] = /total;dur=(\d+)/.exec(`${headers['server-timing']}`) ?? [];
    expect(Number(total)).toBeGreaterThanOrEqual(200);
  });

  test('reaches a client over a socket', async () => {
    const response = await send(url, '{ catalogue { count } }').response;
    await readText(response);
    expect(response.headers['server-timing']).toMatch(SERVER_TIMING);
  });
});

async function timingOf(query: string): Promise<TimingReport> {
  const { extensions } = await gather.query(query, {}, ASKED);
  if (!extensions) throw new Error('Expected timing.');
  return extensions.timing;
}

/** The figures agree with each other and with a stopwatch that was started just before and stopped just after. */
function expectToAddUp({ phases, calls, elapsed, sequential }: TimingReport, stopwatch: number): void {
  const inPhases = phases.parse + phases.validate + phases.context + phases.execute;
  expect(inPhases).toBeLessThan(elapsed + ROUNDING_MS);
  expect(elapsed).toBeLessThan(stopwatch + ROUNDING_MS);
  expect(sequential).toBeCloseTo(
    calls.reduce((sum, { duration }) => sum + duration, 0),
    1,
  );
  for (const { start, duration } of calls) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(start + duration).toBeLessThan(elapsed + ROUNDING_MS);
  }
}
