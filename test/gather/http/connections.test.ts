import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSchema, createYoga } from 'graphql-yoga';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guardConnections } from '../../../src/gather/http/connections.ts';
import { startTestApp } from '../../helpers/app.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';

const STALL_MS = 800;
/** For a client that is meant to be in time on a machine that is slow. */
const PATIENT_STALL_MS = 4000;
/** More than the system holds for a connection. */
const LARGE = Buffer.alloc(20_000_000, 'a');
const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

describe('a client', () => {
  let server: Server;
  let url: string;
  let respond: RequestListener;
  /** Of the answer: whether it was sent in full. */
  let ended: Promise<boolean>;

  beforeEach(() => start(STALL_MS));
  afterEach(stop);

  async function start(stallTimeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    ended = promise;
    server = createServer((request, response) => {
      response.once('close', () => resolve(response.writableFinished));
      respond(request, response);
    });
    guardConnections(server, { stallTimeoutMs, proxyHops: 0, onRefused: () => {} });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function stop() {
    server.close().closeAllConnections();
    await once(server, 'close');
  }

  test('that does not read its answer is cut', async () => {
    respond = (_, response) => void response.end(LARGE);
    using client = await ask(url);
    client.socket.pause();
    const start = performance.now();
    expect(await ended).toBe(false);
    expect(performance.now() - start).toBeGreaterThan(STALL_MS);
  });

  test('that stops to read a stream is cut', async () => {
    respond = (_, response) => {
      // As Yoga does.
      response.socket?.setTimeout(0);
      const more = () => {
        while (response.write(LARGE.subarray(0, 100_000)));
        response.once('drain', more);
      };
      more();
    };
    using client = await ask(url);
    await sleep(STALL_MS / 2);
    client.socket.pause();
    expect(await ended).toBe(false);
  });

  test('that stops to read a subscription ends it', async () => {
    let isReturned = false;
    const yoga = createYoga({
      schema: createSchema({
        typeDefs: 'type Query { a: Int } type Subscription { event: String }',
        resolvers: {
          Subscription: {
            event: {
              async *subscribe() {
                try {
                  while (true) yield { event: LARGE.toString('latin1', 0, 100_000) };
                } finally {
                  isReturned = true;
                }
              },
            },
          },
        },
      }),
      logging: false,
    });
    respond = yoga;
    using client = await RawSocket.open(url);
    client.socket.pause();
    client.socket.write(
      'GET /graphql?query=subscription%7Bevent%7D HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n',
    );
    expect(await ended).toBe(false);
    await expect.poll(() => isReturned).toBe(true);
  });

  test('that reads slowly is not cut', async () => {
    await stop();
    await start(PATIENT_STALL_MS);
    respond = (_, response) => void response.end(Buffer.concat([LARGE, LARGE, LARGE, LARGE]));
    using client = await ask(url);
    const startedAt = performance.now();
    let isDone = false;
    void ended.then(() => {
      isDone = true;
    });
    while (!isDone && performance.now() - startedAt < 50_000) {
      client.socket.pause();
      await sleep(200);
      client.socket.resume();
      await new Promise(setImmediate);
    }
    expect(await ended).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(PATIENT_STALL_MS);
  });

  test('that waits for its answer is not cut', async () => {
    respond = (_, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), STALL_MS * 3);
    };
    using _client = await ask(url);
    expect(await ended).toBe(true);
  });

  test('that read slowly may wait for the rest', async () => {
    await stop();
    await start(PATIENT_STALL_MS);
    respond = (_, response) => {
      response.write(LARGE);
      setTimeout(() => response.end('b'), PATIENT_STALL_MS * 1.5);
    };
    using client = await ask(url);
    client.socket.pause();
    // Longer than the time between two looks at a connection.
    await sleep(PATIENT_STALL_MS * 0.4);
    client.socket.resume();
    expect(await ended).toBe(true);
  });

  test('beyond the most there may be is refused at once', async () => {
    respond = (_, response) => void response.end('ok');
    server.maxConnections = 2;
    using first = await ask(url);
    using second = await ask(url);
    using third = await ask(url);
    await expect
      .poll(() => [first.received, second.received])
      .toEqual([expect.stringMatching(/ok$/), expect.stringMatching(/ok$/)]);
    expect(await third.ended()).toBe('');
  });
});

describe('one address', () => {
  test('has at most 200 connections, and others have theirs', async () => {
    await using server = await Guarded.start(0);
    using held = new DisposableStack();
    for (let count = 0; count < 199; count++) held.use(await RawSocket.open(server.url));
    expect(await answers(server.url, '127.0.0.1')).toBe(true);
    const last = held.use(await RawSocket.open(server.url));
    expect(await answers(server.url, '127.0.0.1')).toBe(false);
    expect(await answers(server.url, '127.0.0.2')).toBe(true);
    last.socket.destroy();
    await expect.poll(() => answers(server.url, '127.0.0.1')).toBe(true);
  });

  test('has all there are where it is a proxy’s', async () => {
    await using server = await Guarded.start(1);
    using held = new DisposableStack();
    for (let count = 0; count < 210; count++) held.use(await RawSocket.open(server.url));
    expect(await answers(server.url, '127.0.0.1')).toBe(true);
  });
});

test('a head that does not come to its end is cut', async () => {
  const gather = await startTestApp();
  const { url } = await gather.app.start();
  const [half, silent, dripping] = await Promise.all([RawSocket.open(url), RawSocket.open(url), RawSocket.open(url)]);
  half.socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\n');
  dripping.socket.write('GET /graphql HTTP/1.1\r\nhost: x\r\nx: ');
  const drip = setInterval(() => dripping.socket.write('a'), 100);
  const answers = await Promise.all([half, silent, dripping].map((client) => client.ended()));
  clearInterval(drip);
  expect(answers).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^HTTP\/1.1 408 /)));
  await gather.close();
});

/** Whether a request on a new connection from this address is answered. */
async function answers(url: string, localAddress: string): Promise<boolean> {
  const asked = request(url, { agent: false, localAddress }).end();
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    await once(asked, 'close');
    return true;
  } catch {
    return false;
  }
}

/** A server that answers `ok`. */
class Guarded implements AsyncDisposable {
  readonly #server = createServer((_, response) => void response.end('ok'));

  static async start(proxyHops: number): Promise<Guarded> {
    const guarded = new Guarded();
    guardConnections(guarded.#server, { stallTimeoutMs: STALL_MS, proxyHops, onRefused: () => {} });
    await once(guarded.#server.listen(0, '127.0.0.1'), 'listening');
    return guarded;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close().closeAllConnections();
    await once(this.#server, 'close');
  }
}

async function ask(url: string): Promise<RawSocket> {
  const client = await RawSocket.open(url);
  client.socket.write(GET);
  return client;
}
