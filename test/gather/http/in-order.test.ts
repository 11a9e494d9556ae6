import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';

const BODY = '{"query":"{ front { pick { title } } }"}';
const REQUEST = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp();
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

test('requests that one connection sends at once are answered one after the other, those of others beside them', async () => {
  const gate = Promise.withResolvers<void>();
  const { ratings } = gather.services;
  ratings.gate = gate.promise;
  using one = await RawSocket.open(url);
  using other = await RawSocket.open(url);
  one.socket.write(REQUEST.repeat(5));
  other.socket.write(REQUEST);
  await eventually(() => expect(ratings.open).toHaveLength(2));
  await sleep(50);
  expect(ratings.open).toHaveLength(2);
  gate.resolve();
  await eventually(() => expect(one.received.match(/HTTP\/1\.1 200 /g)).toHaveLength(5));
  gather.services.reset();
});

test('requests that wait on a connection that is cut are not run', async () => {
  const gate = Promise.withResolvers<void>();
  const { ratings } = gather.services;
  ratings.gate = gate.promise;
  using one = await RawSocket.open(url);
  one.socket.write(REQUEST.repeat(5));
  await eventually(() => expect(ratings.open).toHaveLength(1));
  one.socket.destroy();
  await eventually(() => expect(ratings.open).toHaveLength(0));
  gate.resolve();
  await sleep(50);
  expect(ratings.requests).toHaveLength(1);
  gather.services.reset();
});
