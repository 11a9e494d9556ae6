import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Listener } from '../../../src/gather/database/listener.ts';

test('a PostgreSQL that does not answer does not keep a listener from closing', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const events = { onNotification: () => {}, onConnect: () => {} };
  const listener = new Listener(`postgres://gather@127.0.0.1:${port}/gather`, 'some_channel', events);
  await expect.poll(() => sockets).toHaveLength(1);
  const start = performance.now();
  await listener.close();
  expect(performance.now() - start).toBeLessThan(4500);
  const [socket] = sockets;
  if (socket && !socket.closed) await once(socket.resume(), 'close');
  silent.close();
  await once(silent, 'close');
});
