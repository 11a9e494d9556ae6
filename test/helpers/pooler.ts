import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What PgBouncer takes of a start-up message by default. */
const TAKEN = new Set(['user', 'database', 'application_name', 'client_encoding', 'TimeZone', 'DateStyle']);
/** What it tells clients of the process that they talk to. */
const MADE_UP = { process: 1, secret: 1 };
const READY_FOR_QUERY = 'Z';
const BACKEND_KEY_DATA = 'K';

/** Stands between clients and PostgreSQL as PgBouncer does, a session for each connection. Disposing of it cuts all. */
export interface Pooler extends AsyncDisposable {
  /** The address of a database by way of it. */
  urlOf(databaseUrl: string): string;
  /** The parameters that connections came with, besides those that it takes. */
  refused: string[];
}

/**
 * @param others what becomes of a start-up parameter that PgBouncer does not know: `refuse` is its default, `ignore` is
 *   what `ignore_startup_parameters` makes of it
 */
export async function startPooler(serverUrl: string, others: 'refuse' | 'ignore'): Promise<Pooler> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const refused: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    }
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    void readStartup(client).then((parameters) => {
      const unknown = [...parameters.keys()].filter((name) => !TAKEN.has(name));
      refused.push(...unknown);
      if (others === 'refuse' && unknown.length > 0)
        return client.end(toError(`unsupported startup parameter: ${unknown[0]}`));
      upstream.write(toStartup([...parameters].filter(([name]) => TAKEN.has(name))));
      client.pipe(upstream);
      relayUntilReady(upstream, client);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // It outlives the server under test, which must leave nothing open.
  server.unref();
  return {
    urlOf: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.hostname = '127.0.0.1';
      url.port = `${(server.address() as AddressInfo).port}`;
      return url.href;
    },
    refused,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function readStartup(client: Socket): Promise<Map<string, string>> {
  let buffer = Buffer.alloc(0);
  while (buffer.length < 4 || buffer.length < buffer.readInt32BE(0)) {
    if (client.readableLength === 0) await once(client, 'readable');
    buffer = Buffer.concat([buffer, client.read() ?? Buffer.alloc(0)]);
  }
  const texts = buffer
    .subarray(8, buffer.length - 2)
    .toString()
    .split('\0');
  return new Map(
    Array.from({ length: texts.length / 2 }, (_, index) => [texts[2 * index] ?? '', texts[2 * index + 1] ?? '']),
  );
}

function toStartup(parameters: [string, string][]): Buffer {
  const body = Buffer.from(
    `${parameters
      .flat()
      .map((text) => `${text}\0`)
      .join('')}\0`,
  );
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(0x00_03_00_00, 4);
  return Buffer.concat([head, body]);
}

function toError(message: string): Buffer {
  const body = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.from('E____');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** Message by message until the session is there, with a key of the pooler's own; then as it comes. */
function relayUntilReady(upstream: Socket, client: Socket): void {
  let buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 5 && buffer.length > buffer.readInt32BE(1)) {
      const message = buffer.subarray(0, buffer.readInt32BE(1) + 1);
      buffer = buffer.subarray(message.length);
      const type = String.fromCharCode(message[0] ?? 0);
      if (type === BACKEND_KEY_DATA) {
        message.writeInt32BE(MADE_UP.process, 5);
        message.writeInt32BE(MADE_UP.secret, 9);
      }
      client.write(message);
      if (type !== READY_FOR_QUERY) continue;
      upstream.off('data', onData);
      client.write(buffer);
      upstream.pipe(client);
      return;
    }
  };
  upstream.on('data', onData);
}
