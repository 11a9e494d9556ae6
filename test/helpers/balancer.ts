import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Hands TCP connections round, as a load balancer does. Disposing of it cuts all. */
export interface Balancer extends AsyncDisposable {
  url: string;
}

/** @param urls of the servers; one that does not accept a connection is passed over */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let next = 0;
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    hold(client);
    client.pause();
    void join(client);
  });
  const join = async (client: Socket) => {
    for (let tried = 0; tried < urls.length; tried++) {
      const { hostname, port } = new URL(urls[next++ % urls.length] ?? '');
      const upstream = connect(Number(port), hostname);
      hold(upstream);
      const isOpen = await once(upstream, 'connect').then(
        () => true,
        () => false,
      );
      if (!isOpen) continue;
      client.once('close', () => upstream.destroy());
      upstream.once('close', () => client.destroy());
      client.pipe(upstream).pipe(client);
      return;
    }
    client.destroy();
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
