import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Turns } from '../../../../src/gather/graphql/limits/turns.ts';
import { ANONYMOUS, PATIENT, SIGNED_IN, startTestApp, TEST_LIMITS, type TestApp } from '../../../helpers/app.ts';
import { untilLeft } from '../../../helpers/left.ts';

const AT_ONCE = 2;
const TIMEOUT_MS = 1000;
const PICK = '{ front { pick { title } } }';

let gather: TestApp;
let hasty: TestApp;

beforeAll(async () => {
  const limits = { ...TEST_LIMITS, maxOperationsPerViewer: AT_ONCE };
  gather = await startTestApp({ ...PATIENT, limits });
  hasty = await startTestApp({
    limits,
    operationTimeoutMs: TIMEOUT_MS,
    serviceTimeoutMs: 300_000,
    isDevelopment: false,
  });
});
afterEach(() => {
  gather.services.reset();
  hasty.services.reset();
});
afterAll(async () => {
  await gather.close();
  await hasty.close();
});

test('a viewer has two operations at a time, the next ones wait for their turn; another viewer has two as well', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  gather.services.ratings.gate = gate;
  const all = Array.from({ length: 5 }, () => ask(gather));
  await expect.poll(() => gather.services.ratings.requests.length).toBe(AT_ONCE);
  const guests = [ask(gather, SIGNED_IN), ask(gather, ANONYMOUS)];
  await expect.poll(() => gather.services.ratings.requests.length).toBe(AT_ONCE + guests.length);
  // What needs no service waits too: it is the turn that counts.
  const mine = ask(gather, undefined, '{ __typename }');
  expect(await (await ask(gather, SIGNED_IN, '{ __typename }')).json()).toMatchObject({
    data: { __typename: 'Query' },
  });
  expect(gather.services.ratings.requests).toHaveLength(AT_ONCE + guests.length);
  open();
  for (const response of await Promise.all([...all, ...guests])) {
    expect(await response.json()).toMatchObject({ data: { front: { pick: { title: 'Book of the day' } } } });
  }
  expect((await mine).status).toBe(200);
  expect(gather.services.ratings.takeRequests()).toHaveLength(7);
});

test('whoever leaves gives up the turn, and the place in the line', async () => {
  gather.services.ratings.fault = 'hang';
  const leaving = new AbortController();
  const left = Array.from({ length: 4 }, () => ask(gather, undefined, PICK, leaving.signal).catch(() => 'left'));
  await expect.poll(() => gather.services.ratings.requests.length).toBe(AT_ONCE);
  leaving.abort();
  await Promise.all(left);
  gather.services.reset();
  expect(await (await ask(gather)).json()).toMatchObject({ data: { front: { pick: { title: 'Book of the day' } } } });
  await untilLeft(gather, 0);
});

test('a client that leaves as its turn begins gives it up', async () => {
  const turns = new Turns(1);
  const begin = async ({ signal }: AbortController) => turns.take({ signal, viewer: ANONYMOUS, address: '192.0.2.1' });
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  await begin(first);
  const waiting = begin(second);
  first.abort(new Error('The first is answered.'));
  // The second has its turn now, and waits for the next round of the event loop.
  process.nextTick(() => second.abort(new Error('The client has left.')));
  await waiting;
  const turn = begin(third).then(() => 'has its turn');
  expect(await Promise.race([turn, nextTurn().then(() => nextTurn('waits'))])).toBe('has its turn');
});

test('an operation whose turn does not come is refused at its deadline', async () => {
  hasty.services.ratings.fault = 'hang';
  // The deadline of these starts again once their first part is read.
  const init = { headers: { accept: 'multipart/mixed' } };
  const inside = Array.from({ length: AT_ONCE }, async () => {
    return (await hasty.request('{ front { ... @defer { pick { title } } } }', {}, init)).text();
  });
  const waiting = await ask(hasty);
  expect(waiting.status).toBe(504);
  for (const parts of await Promise.all(inside)) expect(parts).toContain('DEADLINE_EXCEEDED');
  expect(await waiting.json()).toMatchObject({
    errors: [
      {
        message: 'The operation did not finish within 1 seconds (OPERATION_TIMEOUT_MS).',
        extensions: { code: 'DEADLINE_EXCEEDED', retryable: true },
      },
    ],
  });
  await untilLeft(hasty, 0);
});

/** @param viewer STAFF by default */
function ask(
  { app, request }: TestApp,
  viewer = undefined as undefined | typeof SIGNED_IN,
  query = PICK,
  signal?: AbortSignal,
) {
  const init = signal ? { signal } : {};
  if (!viewer) return request(query, {}, init);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query });
  return app.fetch('http://gather/graphql', { ...init, method: 'POST', headers, body }, { viewer });
}
