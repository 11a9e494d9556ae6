import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import type { Deadline } from '../concurrency/deadline.ts';
import type { Method } from './contract.ts';

/** An answer as it was received. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const HEADERS = { accept: 'application/json', 'accept-encoding': 'gzip, deflate, br' };

/** What is sent to the pool's origin. */
export interface Outgoing {
  method: Method;
  /** With its query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}

/**
 * Sends one request and reads the whole answer. At the deadline, destroys the socket. Rejects with the errors of undici and
 * the system, unconverted.
 */
export function exchange(pool: Pool, { method, path, headers, body }: Outgoing, deadline: Deadline): Promise<Answer> {
  return deadline.wait((resolve, reject) => {
    const receiver = new Receiver(resolve, reject);
    pool.dispatch({ path, method, headers: { ...HEADERS, ...headers }, body: body ?? null }, receiver);
    return (reason) => receiver.abort(reason);
  });
}

/** Collects a response. Cheaper than `pool.request`, whose stream costs more than a short answer is worth. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #abortReason: Error | undefined;

  constructor(resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abort(reason: unknown): void {
    this.#abortReason = reason instanceof Error ? reason : new Error('Aborted', { cause: reason });
    this.#controller?.abort(this.#abortReason);
  }

  /** The request may have been aborted while it waited for a connection. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#abortReason) controller.abort(this.#abortReason);
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first = Buffer.alloc(0), ...rest] = this.#chunks;
    const body = rest.length === 0 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
