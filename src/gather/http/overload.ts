import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Fault, refuse } from './refuse.ts';

/** When a server takes no more operations. */
export interface OverloadConfig {
  /** The delay of the event loop, in milliseconds, from which operations are refused; all are at twice the delay. */
  maxDelayMs: number;
  /** Most clients that may wait to begin, or for a connection to PostgreSQL. They take turns: a new one waits for all. */
  maxWaitingClients: number;
}

const SAMPLE_MS = 50;
/** The part of a new sample in the average: one long turn of the event loop is no overload. */
const WEIGHT = 0.25;

/** Tells whether the server has too much to do to take another operation. Stop it. */
export class Overload implements Disposable {
  readonly #config: OverloadConfig;
  readonly #waitingClients: () => number;
  readonly #timer: NodeJS.Timeout;
  #delayMs = 0;

  /** @param waitingClients how many clients wait to begin, or for a connection to PostgreSQL */
  constructor(config: OverloadConfig, waitingClients: () => number) {
    this.#config = config;
    this.#waitingClients = waitingClients;
    let expectedAt = performance.now() + SAMPLE_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#delayMs += (Math.max(0, now - expectedAt) - this.#delayMs) * WEIGHT;
      expectedAt = now + SAMPLE_MS;
    }, SAMPLE_MS).unref();
  }

  /** Whether to refuse an operation: the more often, the later the event loop is. */
  refuses(): boolean {
    const { maxDelayMs, maxWaitingClients } = this.#config;
    return this.#waitingClients() > maxWaitingClients || this.#delayMs > maxDelayMs * (1 + Math.random());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Clients that are refused at the same time should not all come back at the same time. */
const MAX_RETRY_SECONDS = 3;
const FAULT: Fault = {
  status: 503,
  code: 'BUSY',
  message:
    'Expected a server with less to do (MAX_EVENT_LOOP_DELAY_MS, MAX_WAITING_VIEWERS). Try again in a few seconds.',
  retryable: true,
};

/** Refuses an operation at once. Its body, which has arrived with the head mostly, is dropped. */
export function refuseOverload(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  // By then the body is read as far as it has arrived, so that the connection can be kept.
  const seconds = 1 + Math.floor(Math.random() * MAX_RETRY_SECONDS);
  setImmediate(() => refuse(response, { ...FAULT, headers: { 'retry-after': `${seconds}` } }));
}
