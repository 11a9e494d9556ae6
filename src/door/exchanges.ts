import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const REST_MS = 5000;

/** The requests of a server that are not answered yet. */
export class Exchanges {
  readonly #open = new Set<ServerResponse>();
  #isEnding = false;

  /**
   * Takes note of a request. Its connection ends where it is answered before all of its body came, unless the rest comes
   * within 5 seconds: a client that sees no answer before it has sent everything has that long.
   */
  add(request: IncomingMessage, response: ServerResponse): void {
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      if (!request.complete && !request.destroyed) setTimeout(() => cutUnread(request), REST_MS).unref();
    });
    if (this.#isEnding) response.shouldKeepAlive = false;
  }

  /** Whether an answer has begun on this connection, and not ended. */
  isAnswering(socket: Duplex): boolean {
    for (const response of this.#open) if (response.socket === socket && response.headersSent) return true;
    return false;
  }

  /** Has each answer from now on end its connection, those that are under way too. */
  end(): void {
    this.#isEnding = true;
    for (const response of this.#open) {
      // While a body comes, Node would cut the connection with the answer, and its client might not see it.
      if (response.req.complete) response.shouldKeepAlive = false;
    }
  }
}

function cutUnread(request: IncomingMessage): void {
  if (!request.complete) request.destroy();
}
