import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';
import { readText, send } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { RawSocket } from '../helpers/raw-socket.ts';

const PICK = '{ front { pick { title } } }';
const DEFERRED = '{ front { newest(first: 1) { title } ... @defer { pick { title } } } }';

let gather: TestApp;
let url: string;

beforeEach(async () => {
  gather = await startTestApp();
  ({ url } = await gather.app.start());
});
afterEach(() => gather.close());

describe('a server that stops', () => {
  test('answers every request that was sent before, however many clients send', async () => {
    gather.services.ratings.delayMs = 50;
    const agent = new Agent({ keepAlive: true });
    let isStopping = false;
    let answered = 0;
    const failed: unknown[] = [];
    const client = async () => {
      while (!isStopping) {
        const body = await ask(agent, PICK).catch((error) => failed.push(error));
        if (typeof body === 'string' && JSON.parse(body).data.front.pick.title) answered++;
        else failed.push(body);
      }
    };
    const clients = Promise.all(Array.from({ length: 32 }, client));
    await eventually(() => expect(answered).toBeGreaterThan(32));
    isStopping = true;
    const stopped = gather.app.stop();
    await clients;
    await stopped;
    agent.destroy();
    expect(failed).toEqual([]);
  });

  test('answers a request that crosses on a connection kept from before, and ends the connection', async () => {
    using connection = await RawSocket.open(url);
    connection.socket.write(toPost('{ about { name } }'));
    await eventually(() => expect(connection.received).toMatch(/"about"/));
    expect(connection.received).toMatch(/connection: keep-alive/i);
    connection.received = '';
    const stopped = gather.app.stop();
    connection.socket.write(toPost('{ about { name } }'));
    const answer = await connection.ended();
    expect(answer).toMatch(/^HTTP\/1.1 200 .*connection: close.*"about"/is);
    await stopped;
  });

  test('says with the answers under way that they are the last on their connections', async () => {
    gather.services.ratings.delayMs = 500;
    using connection = await RawSocket.open(url);
    connection.socket.write(toPost(PICK));
    await underWay();
    const stopped = gather.app.stop();
    expect(await connection.ended()).toMatch(/^HTTP\/1.1 200 .*connection: close.*"pick":\{"title"/is);
    await stopped;
  });

  test('ends an answer in parts with its last part and its last boundary', async () => {
    gather.services.ratings.delayMs = 500;
    const { response } = send(url, DEFERRED, { accept: 'multipart/mixed' });
    await underWay();
    const stopped = gather.app.stop();
    const text = await readText(await response);
    expect(text).toMatch(/"pick":\{"title".*---\r\n$|"pick":\{"title".*\r\n-----\r\n$/s);
    await stopped;
  });

  test('ends an answer in events with its last event and `complete`', async () => {
    gather.services.ratings.delayMs = 500;
    const { response } = send(url, DEFERRED, { accept: 'text/event-stream' });
    await underWay();
    const stopped = gather.app.stop();
    expect(await readText(await response)).toMatch(/"pick":\{"title".*event: complete\ndata:\n\n$/s);
    await stopped;
  });
});

test('an idle connection is kept for as long as is set, and said to be', async () => {
  const kept = async (keepAliveTimeoutMs?: number) => {
    const app = await startTestApp(keepAliveTimeoutMs === undefined ? {} : { keepAliveTimeoutMs });
    const connection = await RawSocket.open((await app.app.start()).url);
    connection.socket.write(toPost('{ about { name } }'));
    await eventually(() => expect(connection.received).toMatch(/"about"/));
    return { connection, [Symbol.asyncDispose]: () => app.close() };
  };
  await using byDefault = await kept();
  expect(byDefault.connection.received).toMatch(/keep-alive: timeout=65\r\n/i);
  await using brief = await kept(100);
  await brief.connection.ended(10_000);
  expect(byDefault.connection.socket.closed).toBe(false);
});

test('half a head is waited for no longer than a request', async () => {
  const hurried = await startTestApp({ drainTimeoutMs: 300 });
  using half = await RawSocket.open((await hurried.app.start()).url);
  half.socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\n');
  await sleep(50);
  await hurried.close();
});

test('a server that is stopped while it starts does not listen', async () => {
  const other = await startTestApp();
  const started = other.app.start();
  await other.app.stop();
  const { url: otherUrl } = await started;
  await expect(send(otherUrl, PICK).response).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await other.close();
});

async function ask(agent: Agent, query: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const sent = request(`${url}/graphql`, { method: 'POST', agent, headers });
  sent.end(JSON.stringify({ query }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return readText(response);
}

async function underWay(): Promise<void> {
  await eventually(() => expect(gather.services.ratings.open).toHaveLength(1));
}

function toPost(query: string): string {
  const body = JSON.stringify({ query });
  return [
    'POST /graphql HTTP/1.1',
    'host: x',
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}
