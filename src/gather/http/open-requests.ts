import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is read of a body after the answer, and for how long: a client may look at its answer only when all is sent. */
const LINGER_BYTES = 1_000_000;
const LINGER_MS = 3000;

/** The requests of a server, and how their connections end. */
export class OpenRequests {
  readonly #open = new Set<ServerResponse>();
  readonly #work = new Set<Promise<void>>();
  #isEnding = false;

  /**
   * Takes note of a request, before its head is answered. An answer that comes before the whole body says
   * `Connection: close`; what still comes is read and dropped, a megabyte for 3 seconds at most, so that the client sees
   * the answer before the connection ends.
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
    // What nobody read of a body must be read, for the connection to serve the next request.
    response.once('finish', () => request.resume());
  }

  /** Takes note of work that may go on when the connection of its request is cut. It never rejects. */
  follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#work.delete(followed));
    this.#work.add(followed);
  }

  /** Whether an answer has begun on this connection, and not ended. */
  isAnswering(socket: Duplex): boolean {
    for (const response of this.#open) if (response.socket === socket && response.headersSent) return true;
    return false;
  }

  /** Has each answer from now on end its connection, those that are under way too. */
  end(): void {
    this.#isEnding = true;
  }

  /** Waits until the work is done that requests have left, for `timeoutMs` at most. */
  async settled(timeoutMs: number): Promise<void> {
    const timeout = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: timeout.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#work), late]);
    timeout.abort();
  }
}

/**
 * Has the answer say that it is the last on its connection. Node would cut that at once, and bytes that are on their way
 * would reset it before the client has read the answer.
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
      // Node forgets a request once it is answered: its readers would wait.
      request.destroy();
    });
  };
}
