import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STAFF_TOKEN, startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';

const LENGTH = 200_000;
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'multipart/form-data; boundary=x' };
const ABOUT = '{"query":"{ about { name } }"}';

let gather: TestApp;
let url: string;
let upload: string;

beforeAll(async () => {
  gather = await startTestApp({ hosts: ['library.example', '127.0.0.1'] });
  ({ url } = await gather.app.start());
  const { data } = await gather.query(
    'mutation { createUpload(input: { name: "smoke.bin", size: 5 }) { upload { url } } }',
  );
  upload = new URL(data.createUpload.upload.url).pathname;
});
afterAll(() => gather.close());

test.each<[string, number, string, () => string, Record<string, string>]>([
  ['another host', 421, 'POST', () => '/graphql', { host: 'x.example', ...JSON_TYPE }],
  ['no page of ours', 403, 'OPTIONS', () => '/graphql', { origin: 'http://x', 'access-control-request-method': 'PUT' }],
  ['an unknown path', 404, 'POST', () => '/nothing', {}],
  ['a method that GraphQL has not', 405, 'PUT', () => '/graphql', JSON_TYPE],
  ['a type that is not read', 415, 'POST', () => '/graphql', { 'content-type': 'text/plain' }],
  ['a form without its header', 403, 'POST', () => '/graphql', FORM],
  [
    'a form without a boundary',
    400,
    'POST',
    () => '/graphql',
    { 'content-type': 'multipart/form-data', 'x-gather-preflight': '1' },
  ],
  ['an upload that nobody announced', 404, 'PUT', () => `/uploads/${'A'.repeat(43)}`, {}],
  ['an upload that is too large', 413, 'PUT', () => upload, {}],
  ['an upload of another type', 415, 'PATCH', () => upload, { 'content-type': 'text/plain' }],
  ['an upload of another version', 412, 'PATCH', () => upload, { 'tus-resumable': '0.1.0' }],
  ['an upload by another method', 405, 'POST', () => upload, {}],
  ['a question about an upload', 200, 'HEAD', () => upload, {}],
  ['a download', 404, 'GET', () => '/files/x', {}],
  ['a download by another method', 405, 'POST', () => '/files/x', {}],
  ['a question about health', 200, 'GET', () => '/health', {}],
  ['a client that wants its connection closed', 404, 'POST', () => '/nothing', { connection: 'close' }],
])(
  'an early answer to %s says that it is the last, and is seen by who still sends',
  async (_, status, method, path, headers) => {
    using client = await RawSocket.open(url);
    client.socket.write(toHead(method, path(), { 'content-length': `${LENGTH}`, ...headers }));
    await eventually(() => expect(client.received).toMatch(/\r\n\r\n/));
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(client.received).toMatch(/\r\nconnection: close\r\n/i);
    // What is on its way resets nothing.
    client.socket.write(Buffer.alloc(LENGTH / 2));
    await sleep(100);
    expect(client.socket.closed).toBe(false);
    client.socket.write(Buffer.alloc(LENGTH / 2));
    await client.ended();
  },
);

test('a body that comes too late has an answer that says so', { timeout: 20_000 }, async () => {
  using client = await RawSocket.open(url);
  client.socket.write(
    toHead('POST', '/graphql', {
      'content-type': 'multipart/form-data; boundary=x',
      'x-gather-preflight': '1',
      'content-length': '100',
    }),
  );
  expect(await client.ended(15_000)).toMatch(/^HTTP\/1.1 408 .*\r\nconnection: close\r\n/is);
});

test('a client that goes on sending after the answer is cut', { timeout: 20_000 }, async () => {
  using client = await RawSocket.open(url);
  client.socket.write(toHead('POST', '/nothing', { 'transfer-encoding': 'chunked' }));
  const sending = setInterval(() => client.socket.write('1\r\na\r\n'), 10);
  await once(client.socket, 'close').catch(() => {});
  clearInterval(sending);
  expect(client.received).toMatch(/^HTTP\/1.1 404 /);
});

test('a connection whose request came whole serves the next', async () => {
  using client = await RawSocket.open(url);
  for (let round = 1; round <= 3; round++) {
    client.socket.write(`${toHead('POST', '/graphql', { ...JSON_TYPE, 'content-length': `${ABOUT.length}` })}${ABOUT}`);
    await eventually(() => expect(client.received.match(/HTTP\/1.1 200 /g)).toHaveLength(round));
  }
});

function toHead(method: string, path: string, headers: Record<string, string>): string {
  const all = { host: '127.0.0.1', authorization: `Bearer ${STAFF_TOKEN}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
