import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { toListener, toRequest } from '../../src/dashboard/listener.ts';

const TIMEOUT_MS = 300;
let closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

test('status, headers and body arrive as they were answered', async () => {
  const headers: [string, string][] = [
    ['set-cookie', 'a=1; Path=/'],
    ['set-cookie', 'b=2'],
    ['content-type', 'text/plain'],
  ];
  const url = await serve(async () => new Response('Smoke.', { status: 203, headers }));
  const response = await fetch(url);
  expect({ status: response.status, text: await response.text() }).toEqual({ status: 203, text: 'Smoke.' });
  expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
});

test('the request has its target and its headers', async () => {
  const url = await serve(async (incoming, signal) => {
    const { url, method, headers } = toRequest(incoming, signal);
    return Response.json({ url, method, cookie: headers.get('cookie') });
  });
  const response = await fetch(`${url}/queues?db=a%20b`, { headers: { cookie: 'a=1; b=2' } });
  expect(await response.json()).toEqual({ url: `${url}/queues?db=a%20b`, method: 'GET', cookie: 'a=1; b=2' });
});

test('an answer that does not come in time is a 504', async () => {
  const url = await serve(() => new Promise(() => {}));
  const response = await fetch(url);
  expect({ status: response.status, text: await response.text() }).toEqual({
    status: 504,
    text: `There was no answer within ${TIMEOUT_MS} ms.\n`,
  });
});

test('a body that does not end in time is cut off, and let go of', async () => {
  const { promise: letGo, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('Smo')),
    cancel: () => resolve(),
  });
  const url = await serve(async () => new Response(body));
  const response = await fetch(url);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  await letGo;
});

test('a client that leaves aborts the signal', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
  const leaving = new AbortController();
  const url = await serve((_, signal) => {
    signal.addEventListener('abort', () => resolve(signal.reason.name));
    leaving.abort();
    return new Promise(() => {});
  });
  await expect(fetch(url, { signal: leaving.signal })).rejects.toThrow();
  expect(await aborted).toBe('AbortError');
});

test('an error is a 500', async () => {
  const url = await serve(() => Promise.reject(new Error('The fire is out.')));
  expect((await fetch(url)).status).toBe(500);
});

async function serve(answer: Parameters<typeof toListener>[0]): Promise<string> {
  const server = createServer(toListener(answer, TIMEOUT_MS)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
