import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const TIMEOUT_MS = 30_000;

/** A connection whose every byte is ours. Disposing of it cuts it. */
export class RawSocket implements Disposable {
  /** Everything that came so far. */
  received = '';
  readonly socket: Socket;

  private constructor(url: string) {
    const { port, hostname } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    // A server may cut it: what came before counts.
    this.socket.on('error', () => {});
  }

  static async open(url: string): Promise<RawSocket> {
    const opened = new RawSocket(url);
    await once(opened.socket, 'connect');
    return opened;
  }

  /** Resolves with all that came once the server has ended it. @throws where that takes too long */
  async ended(timeoutMs = TIMEOUT_MS): Promise<string> {
    // Not `once` of node:events, which rejects where the connection is reset before it is closed.
    const closed = Promise.withResolvers<void>();
    const timer = setTimeout(() => closed.reject(new Error('The server has not ended the connection.')), timeoutMs);
    if (this.socket.closed) closed.resolve();
    else this.socket.once('close', () => closed.resolve());
    await closed.promise.finally(() => clearTimeout(timer));
    return this.received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends these bytes, and gives all that the server says until it ends the connection. */
export async function exchange(url: string, bytes: string | Buffer): Promise<string> {
  using connection = await RawSocket.open(url);
  connection.socket.write(bytes);
  return await connection.ended();
}
