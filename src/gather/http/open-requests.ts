import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** How much of a body is read after the response, and for how long: a client may read it only once it has sent all. */
const LINGER_BYTES = 1_000_000;
const LINGER_MS = 3000;

/** Tracks the open requests of a server, and decides how their connections end. */
export class OpenRequests {
  readonly #open = new Set<ServerResponse>();
  readonly #pending = new Set<Promise<void>>();
  #isEnding = false;

  /**
   * Tracks a request; call it before the response begins. A response sent before the whole body has arrived says
   * `Connection: close`. The rest of the body, at most a megabyte and 3 seconds of it, is read and dropped, so that the
   * client sees the response before the connection ends.
   */
  add(request: IncomingMessage, response: ServerResponse): void {
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    const decide = () => {
      if (!request.complete) endConnection(request, response);
      else if (this.#isEnding) response.shouldKeepAlive = false;
    };
    response.writeHead = new Proxy(response.writeHead, {
      apply(writeHead, self, head) {
        decide();
        return Reflect.apply(writeHead, self, head);
      },
    });
    // The connection can serve the next request only once the body has been read.
    response.once('finish', () => request.resume());
  }

  /** Tracks work that may outlive the connection of its request. It must not reject. */
  track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }

  /** Whether a response is being sent on this connection. */
  isAnswering(socket: Duplex): boolean {
    for (const response of this.#open) if (response.socket === socket && response.headersSent) return true;
    return false;
  }

  /** From now on, every response ends its connection, those of open requests included. */
  end(): void {
    this.#isEnding = true;
  }

  /** Waits until the tracked work is done, for `timeoutMs` at most. */
  async settled(timeoutMs: number): Promise<void> {
    const timeout = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: timeout.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#pending), late]);
    timeout.abort();
  }
}

/**
 * Makes the response the last on its connection. Node would close that at once, and bytes still arriving would reset it
 * before the client has read the response.
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
function endConnection(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const cut = socket.destroySoon.bind(socket);
  response.shouldKeepAlive = false;
  socket.destroySoon = () => {
    if (request.complete || socket.destroyed) return cut();
    let left = LINGER_BYTES;
    request.on('data', ({ length }: Uint8Array) => {
      left -= length;
      if (left < 0) request.pause();
    });
    request.once('end', cut);
    request.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      // Node forgets a request once it is answered; its readers would wait forever.
      request.destroy();
    });
  };
}
