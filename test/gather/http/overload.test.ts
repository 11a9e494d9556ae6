import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Overload } from '../../../src/gather/http/overload.ts';
import { PATIENT, startTestApp } from '../../helpers/app.ts';
import { lockTable } from '../../helpers/lock.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';
import { post } from '../../helpers/stranger.ts';
import { block, manyUnderWay } from './many-under-way.ts';

const LOANS = { query: '{ book(by: { isbn: "ISBN-00005" }) { isLent } }' };
const NOTHING = { query: '{ __typename }' };

test('while more clients wait for PostgreSQL than may, operations are refused at once; those inside are answered', async () => {
  const overload = { maxDelayMs: 60_000, maxWaitingClients: 2 };
  const gather = await startTestApp({ ...PATIENT, overload, databaseConnections: 1, proxyHops: 1 });
  onTestFinished(() => gather.close());
  const { url } = await gather.app.start();
  const lock = await lockTable(gather.database.databaseUrl, 'lending.loan');
  const inside = [];
  for (let client = 1; client <= 4; client++) {
    inside.push(post(url, LOANS, from(client)));
  }
  await expect.poll(async () => (await post(url, NOTHING, from(5))).status).toBe(503);

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const refusals = [await send(url, agent, from(6)), await send(url, agent, from(1))];
  for (const { status, headers, body } of refusals) {
    expect(status).toBe(503);
    expect(headers['retry-after']).toMatch(/^[123]$/);
    expect(headers['connection']).toBe('keep-alive');
    expect(JSON.parse(body)).toEqual({
      errors: [
        {
          message:
            'Expected a server with less to do (MAX_EVENT_LOOP_DELAY_MS, MAX_WAITING_VIEWERS). Try again in a few seconds.',
          extensions: { code: 'BUSY', retryable: true },
        },
      ],
    });
  }
  expect(new Set(refusals.map(({ port }) => port)).size).toBe(1);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect((await fetch(`${url}/ready`)).status).toBe(200);

  await lock[Symbol.asyncDispose]();
  for (const { status, body } of await Promise.all(inside)) {
    expect({ status, body: JSON.parse(body) }).toMatchObject({
      status: 200,
      body: { data: { book: { isLent: true } } },
    });
  }
  expect(await post(url, NOTHING, from(6))).toMatchObject({ status: 200 });
});

test('while more clients wait to begin than may, operations are refused', async () => {
  const overload = { maxDelayMs: 60_000, maxWaitingClients: 2 };
  const gather = await startTestApp({ ...PATIENT, overload, proxyHops: 1 });
  onTestFinished(() => gather.close());
  const { url } = await gather.app.start();
  using _ = await manyUnderWay(gather, url);
  using clients = new DisposableStack();
  const sockets: Socket[] = [];
  for (let count = 0; count <= 20; count++) sockets.push(clients.use(await RawSocket.open(url)).socket);
  const ask = async (client: number) => {
    const socket = sockets[client] as Socket;
    socket.write(toRequest(client, NOTHING));
    const [head] = await once(socket, 'data');
    return `${head}`.split('\r\n', 1)[0];
  };
  const answers = Array.from({ length: 20 }, (_, client) => ask(client));
  // One begins in each turn of the event loop, and turns are long.
  let hasLongTurns = true;
  const keepBusy = () => {
    block(50);
    if (hasLongTurns) setImmediate(keepBusy);
  };
  setImmediate(keepBusy);
  await sleep(200);
  const refused = await ask(20);
  hasLongTurns = false;
  expect(refused).toBe('HTTP/1.1 503 Service Unavailable');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 200 OK']));
});

test('operations are refused while the event loop is late, but not for one long turn', async () => {
  using overload = new Overload({ maxDelayMs: 100, maxWaitingClients: 1 }, () => 0);
  expect(overload.refuses()).toBe(false);
  await turn(300);
  expect(overload.refuses()).toBe(false);
  for (let turns = 0; turns < 8; turns++) await turn(300);
  expect(overload.refuses()).toBe(true);
  await expect.poll(() => overload.refuses()).toBe(false);
});

/** Blocks the event loop, and lets its timers run. */
async function turn(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve));
}

function send(url: string, agent: Agent, headers: Record<string, string>) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined;
    headers: Record<string, unknown>;
    body: string;
    port: number | undefined;
  }>();
  request(`${url}/graphql`, { method: 'POST', agent, headers: { 'content-type': 'application/json', ...headers } })
    .on('error', reject)
    .on('response', async (response) => {
      const { statusCode: status, headers, socket } = response;
      const port = socket.localPort;
      resolve({ status, headers, body: await text(response), port });
    })
    .end(JSON.stringify(NOTHING));
  return promise;
}

function from(client: number): Record<string, string> {
  return { 'x-forwarded-for': `198.51.100.${client}` };
}

/** A request of this client as it is sent over a connection. */
function toRequest(client: number, params: object): string {
  const body = JSON.stringify(params);
  const { 'x-forwarded-for': address } = from(client);
  return [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    'accept: application/json',
    `x-forwarded-for: ${address}`,
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}
