import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as fetchWith } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { Admission } from '../../../src/gather/http/admission.ts';
import { listen } from '../../../src/gather/http/listen.ts';

const AT_ONCE = 32;
const TIMEOUT_MS = 60_000;

interface Arrived {
  /** Its sender, and its number: they need not arrive in order. */
  name: string;
  request: IncomingMessage;
  response: ServerResponse;
}

/** Sends one request of each sender to a server. @returns those that have arrived, in order, and their answers */
async function arrivals(senders: readonly string[]) {
  const arrived: Arrived[] = [];
  const all = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    arrived.push({ name: `${request.headers['x-name']}`, request, response });
    if (arrived.length === senders.length) all.resolve();
  });
  const url = await listen(server, '127.0.0.1', 0);
  const agent = new Agent({ connections: senders.length, pipelining: 1 });
  onTestFinished(async () => {
    await agent.destroy();
    server.close();
  });
  const answers = senders.map((sender, index) =>
    fetchWith(url, { dispatcher: agent, headers: { 'x-forwarded-for': sender, 'x-name': `${sender} ${index}` } }),
  );
  for (const answer of answers) answer.catch(() => {});
  await all.promise;
  arrived.sort((a, b) => Number(a.name.split(' ')[1]) - Number(b.name.split(' ')[1]));
  return { arrived, answers };
}

const same = (sender: string, count: number) => Array<string>(count).fill(sender);

test('so many begin at once; one more begins in each turn, although none has ended, and its sender is the one that waits longest', async () => {
  const { arrived } = await arrivals([...same('10.0.0.1', AT_ONCE), ...same('10.0.0.2', 3), '10.0.0.3']);
  const admission = new Admission({ timeoutMs: TIMEOUT_MS, proxyHops: 1 });
  const begun: string[] = [];
  for (const { name, request, response } of arrived) admission.enter(request, response, () => void begun.push(name));
  expect(begun).toEqual(arrived.slice(0, AT_ONCE).map(({ name }) => name));
  expect(admission.waiting).toBe(4);
  const counts = [];
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(setImmediate);
    counts.push(begun.length - AT_ONCE);
  }
  expect(counts).toEqual([1, 2, 3, 4, 4]);
  expect(admission.waiting).toBe(0);
  expect(begun.slice(AT_ONCE)).toEqual(['10.0.0.2 32', '10.0.0.3 35', '10.0.0.2 33', '10.0.0.2 34']);
});

test('one that has ended makes room at once for the one that waits, which begins as part of its own request', async () => {
  const { arrived } = await arrivals(same('10.0.0.1', AT_ONCE + 2));
  const admission = new Admission({ timeoutMs: TIMEOUT_MS, proxyHops: 1 });
  const requests = new AsyncLocalStorage<string>();
  const begun: (string | undefined)[] = [];
  for (const { name, request, response } of arrived) {
    requests.run(name, () => admission.enter(request, response, () => void begun.push(requests.getStore())));
  }
  expect(begun.length).toBe(AT_ONCE);
  // In the same turn, before one begins by its turn.
  arrived[0]?.response.emit('close');
  expect(begun).toEqual(arrived.slice(0, AT_ONCE + 1).map(({ name }) => name));
  await new Promise(setImmediate);
  expect(begun).toEqual(arrived.map(({ name }) => name));
});

test('newcomers do not overtake those that wait', async () => {
  const { arrived } = await arrivals([...same('10.0.0.1', AT_ONCE), ...same('10.0.0.2', 6), ...same('10.0.0.1', 6)]);
  const admission = new Admission({ timeoutMs: TIMEOUT_MS, proxyHops: 1 });
  const begun: string[] = [];
  const enter = ({ name, request, response }: Arrived) =>
    admission.enter(request, response, () => void begun.push(name));
  for (const one of arrived.slice(0, AT_ONCE + 6)) enter(one);
  for (const { response } of arrived.slice(0, 4)) response.write('begun');
  for (const one of arrived.slice(AT_ONCE + 6)) enter(one);
  expect(begun.length).toBe(AT_ONCE);
  await new Promise(setImmediate);
  const senders = begun.slice(AT_ONCE).map((name) => name.split(' ')[0]);
  expect(senders).toEqual(['10.0.0.2', '10.0.0.1', '10.0.0.2', '10.0.0.1']);
});

test('one whose response has begun, such as a subscription, leaves its place to another', async () => {
  const { arrived } = await arrivals(same('10.0.0.1', AT_ONCE + 2));
  const admission = new Admission({ timeoutMs: TIMEOUT_MS, proxyHops: 1 });
  const begun: string[] = [];
  const enter = ({ name, request, response }: Arrived) =>
    admission.enter(request, response, () => void begun.push(name));
  for (const one of arrived.slice(0, AT_ONCE)) enter(one);
  arrived[0]?.response.write('event: next');
  for (const one of arrived.slice(AT_ONCE)) enter(one);
  expect(begun).toEqual(arrived.slice(0, AT_ONCE + 1).map(({ name }) => name));
});

test('one whose sender left while it waited never begins, and takes nobody else’s turn', async () => {
  const { arrived } = await arrivals([...same('10.0.0.1', AT_ONCE + 3), '10.0.0.2']);
  const admission = new Admission({ timeoutMs: TIMEOUT_MS, proxyHops: 1 });
  const begun: string[] = [];
  for (const { name, request, response } of arrived) admission.enter(request, response, () => void begun.push(name));
  for (const { response } of arrived.slice(AT_ONCE, AT_ONCE + 2)) response.destroy();
  await new Promise(setImmediate);
  expect(begun.slice(AT_ONCE)).toEqual([arrived.at(-1)?.name]);
  await new Promise(setImmediate);
  expect(begun.slice(AT_ONCE)).toEqual([arrived.at(-1)?.name, arrived[AT_ONCE + 2]?.name]);
});

test('one that waits for too long is refused: the server has too much to do', async () => {
  const { arrived, answers } = await arrivals(same('10.0.0.1', AT_ONCE + 1));
  const admission = new Admission({ timeoutMs: 0, proxyHops: 1 });
  for (const { request, response } of arrived) admission.enter(request, response, () => {});
  const answer = await answers[AT_ONCE];
  expect(answer?.statusCode).toBe(503);
  expect(await answer?.body.json()).toMatchObject({ errors: [{ extensions: { code: 'BUSY', retryable: true } }] });
});

test('senders that wait for long are a sign of overload; many that come at once are none', async () => {
  const { arrived } = await arrivals([...same('10.0.0.1', AT_ONCE), '10.0.0.2', '10.0.0.3']);
  const admission = new Admission({ timeoutMs: TIMEOUT_MS, proxyHops: 1 });
  for (const { request, response } of arrived) admission.enter(request, response, () => {});
  expect(admission.waitingSenders).toBe(0);
  const end = performance.now() + 100;
  while (performance.now() < end);
  expect(admission.waitingSenders).toBe(2);
  await new Promise(setImmediate);
  expect(admission.waitingSenders).toBe(1);
});
