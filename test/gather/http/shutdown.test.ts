import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PATIENT, startTestApp, type TestApp } from '../../helpers/app.ts';
import { readText, send } from '../../helpers/client.ts';
import { eventually } from '../../helpers/eventually.ts';
import { untilLeft } from '../../helpers/left.ts';
import { lockTable } from '../../helpers/lock.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';

const PICK = '{ front { pick { title } } }';
/** How long requests under way may take to finish: longer than a test may take. */
const DRAIN_MS = 300_000;
const SHORT_DRAIN_MS = 500;

let gather: TestApp;

// Closing checks that no connection, socket or timer is left.
beforeEach(async () => {
  gather = await startTestApp({ ...PATIENT, drainTimeoutMs: DRAIN_MS });
});
afterEach(() => gather.close());

describe('start', () => {
  test('gives the address that it listens on', async () => {
    const { url } = await gather.app.start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await send(url, PICK).response;
    expect(JSON.parse(await readText(response))).toMatchObject({ data: { front: { pick: {} } } });
  });

  test('fails where the port is taken, and stopping works all the same', async () => {
    const { url } = await gather.app.start();
    const other = await startTestApp({ port: Number(new URL(url).port) });
    await expect(other.app.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await other.close();
    await readText(await send(url, PICK).response);
  });
});

describe('stop', () => {
  test('lets requests under way finish, and takes no more', async () => {
    const { url } = await gather.app.start();
    const refused = Promise.withResolvers<void>();
    gather.services.ratings.gate = refused.promise;
    const { response } = send(url, PICK);
    await underWay(1);
    const stopped = gather.app.stop();
    await eventually(async () => {
      const opening = RawSocket.open(url).then((connection) => connection[Symbol.dispose]());
      await expect(opening).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
    refused.resolve();
    expect(JSON.parse(await readText(await response))).toMatchObject({ data: { front: { pick: {} } } });
    await stopped;
  });

  test('does not wait for idle connections', async () => {
    const { url } = await gather.app.start();
    using silent = new Connection(url);
    using idle = new Connection(url);
    await silent.connected;
    await idle.ask(PICK);
    await gather.app.stop();
  });

  test('does not wait for a connection once the request on it has finished', async () => {
    const { url } = await gather.app.start();
    gather.services.ratings.delayMs = 300;
    using agent = new KeptAlive();
    const answered = agent.ask(url, PICK);
    await underWay(1);
    const stopped = gather.app.stop();
    await answered;
    await stopped;
  });

  test('may be called again, at any time', async () => {
    await gather.app.start();
    await Promise.all([gather.app.stop(), gather.app.stop()]);
    await gather.app.stop();
  });

  test('works before the start', async () => {
    await gather.app.stop();
  });

  test('cuts off at once in a hurry, and leaves nothing', async () => {
    const { url } = await gather.app.start();
    await using _lock = await lockTable(gather.database.databaseUrl, 'book');
    gather.services.ratings.fault = 'hang';
    const asked = [send(url, PICK), send(url, '{ catalogue { count } }')].map(({ response }) => response);
    await untilLeft(gather, 2);
    const force = new AbortController();
    const stopped = gather.app.stop(force.signal);
    await sleep(100);
    force.abort();
    await stopped;
    for (const response of asked) await expect(response).rejects.toMatchObject({ code: 'ECONNRESET' });
    await untilLeft(gather, 0);
  });

  test('cuts off what has not finished in time', async () => {
    const hurried = await startTestApp({ ...PATIENT, drainTimeoutMs: SHORT_DRAIN_MS });
    const { url } = await hurried.app.start();
    const lock = await lockTable(hurried.database.databaseUrl, 'book');
    const { response } = send(url, '{ catalogue { count } }');
    await untilLeft(hurried, 1);
    const start = performance.now();
    await hurried.app.stop();
    // Timers count in whole milliseconds.
    expect(performance.now() - start).toBeGreaterThan(SHORT_DRAIN_MS - 2);
    await expect(response).rejects.toMatchObject({ code: 'ECONNRESET' });
    await lock[Symbol.asyncDispose]();
    await hurried.close();
  });
});

async function underWay(count: number): Promise<void> {
  await eventually(() => expect(gather.services.ratings.open).toHaveLength(count));
}

/** A connection that stays open. */
class Connection implements Disposable {
  readonly #socket;
  readonly connected: Promise<unknown>;

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.connected = once(this.#socket, 'connect');
  }

  async ask(query: string): Promise<void> {
    await this.connected;
    const body = JSON.stringify({ query });
    const head = [
      'POST /graphql HTTP/1.1',
      'host: gather',
      'content-type: application/json',
      `content-length: ${body.length}`,
    ];
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await once(this.#socket, 'data');
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** A client that keeps its connection after the answer. */
class KeptAlive implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });

  async ask(url: string, query: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${url}/graphql`, { method: 'POST', agent: this.#agent, headers });
    sent.end(JSON.stringify({ query }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await readText(response);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

test('a body that does not come in time is not waited for, whoever asked for it', async () => {
  const gather = await startTestApp();
  const { port } = new URL((await gather.app.start()).url);
  for (const type of ['text/plain', 'multipart/form-data; boundary=x']) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`POST /graphql HTTP/1.1\r\nhost: gather\r\ncontent-type: ${type}\r\ncontent-length: 1000\r\n\r\na`);
    // Node itself cuts one that is silent.
    const drip = setInterval(() => socket.write('a'), 200);
    socket.on('error', () => {});
    // It goes on dripping for as long as it is not cut.
    await new Promise((resolve) => socket.resume().once('close', resolve));
    clearInterval(drip);
  }
  await gather.close();
});
