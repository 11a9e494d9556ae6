import { Pool } from 'undici';
import { call } from '../calls.ts';
import { Deadline } from '../concurrency/deadline.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { type RequestEvent, requests } from '../monitoring/channels.ts';
import type { Logger } from '../monitoring/log.ts';
import { Outage } from '../monitoring/outage.ts';
import { readBody } from './body.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Check } from './check.ts';
import { failed, invalid, notSent, type RequestLabel, refused, timedOut, UpstreamError } from './errors.ts';
import { type Answer, exchange } from './exchange.ts';
import { Retries, toRetryAfterMs } from './retries.ts';

/** The address and the limits of a service. */
export interface ServiceClientOptions {
  /** Its name in errors and timings. */
  name: string;
  baseUrl: string;
  /** Of a whole call, with the wait for a connection and retries. */
  timeoutMs: number;
  /** Maximum number of connections, and so of concurrent calls. */
  connections: number;
  /** Maximum number of calls that wait for a connection; more are refused. */
  maxQueued: number;
  /** Maximum size of an answer, both encoded and decoded. @default 5,000,000 */
  maxBytes?: number;
  /** For outages, and the breaker. @default none */
  log?: Logger | undefined;
}

/** One GET. */
export interface Get<T> {
  /** Its name in timings, after the service's. */
  call: string;
  /** The number of keys in the request. @default 1 */
  keys?: number;
  /** When it aborts, the call rejects with its reason and the socket is freed. */
  signal: AbortSignal;
  check: Check<T>;
  /** Results of statuses other than 200 that the contract has. They do not count as failures of the service. */
  statuses?: Readonly<Record<number, () => T>>;
}

/** The current load of a service, and the state of its breaker. */
export interface ServiceState {
  running: number;
  queued: number;
  breaker: ReturnType<Breaker['state']>;
}

/** A request, and the trace context that it carries. */
interface TracedRequest extends RequestLabel {
  headers: TraceHeaders;
}

type TraceHeaders = RequestEvent['headers'];

const MAX_BYTES = 5_000_000;

/**
 * The client of one HTTP service, with a deadline, retries, a bulkhead and a circuit breaker. Call `close()` at the end.
 *
 * Throws `GatherError`: UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE, and UPSTREAM_INVALID if the answer breaks the contract.
 */
export class ServiceClient {
  readonly #name: string;
  readonly #origin: string;
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  readonly #bulkhead: Semaphore;
  readonly #breaker: Breaker;
  readonly #outage: Outage | undefined;
  readonly #retries = new Retries();

  constructor({ name, baseUrl, timeoutMs, connections, maxQueued, maxBytes = MAX_BYTES, log }: ServiceClientOptions) {
    const { origin, pathname } = new URL(baseUrl);
    this.#name = name;
    this.#origin = origin;
    this.#basePath = pathname.replace(/\/$/, '');
    this.#timeoutMs = timeoutMs;
    this.#maxBytes = maxBytes;
    this.#outage = log && new Outage(log, name);
    this.#breaker = createBreaker({
      onOpen: () => log?.warn({ source: name }, `the breaker of ${name} opens: most calls to it failed`),
      onClose: (openMs) => log?.warn({ source: name, openMs }, `the breaker of ${name} closes`),
    });
    this.#bulkhead = new Semaphore({
      size: connections,
      maxWaiting: maxQueued,
      toError: () => notSent(name, `is busy: ${this.#bulkhead.waiting} calls are waiting already`),
    });
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeoutMs,
      // The deadline of the call replaces both.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxBytes,
    });
  }

  /** Gets a path below the base URL, percent-encoded by the caller, and checks the answer. */
  get<T>(path: string, get: Get<T>): Promise<T> {
    const { keys = 1, signal } = get;
    const name = `${this.#name}.${get.call}`;
    const request: RequestEvent = { name, origin: this.#origin, headers: {} };
    const trip = () => this.#watched(this.#getInTime(path, get, request.headers));
    const send = () => call({ kind: 'http', method: 'GET', name, keys, signal }, trip);
    return requests.hasSubscribers ? requests.runStores(request, send) : send();
  }

  state(): ServiceState {
    return { running: this.#bulkhead.taken, queued: this.#bulkhead.waiting, breaker: this.#breaker.state() };
  }

  /** Closes every connection. Calls under way fail. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #watched<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      this.#outage?.answered();
      return value;
    } catch (error) {
      if (error instanceof UpstreamError) this.#outage?.failed(error);
      throw error;
    }
  }

  async #getInTime<T>(path: string, { signal, check, statuses = {} }: Get<T>, headers: TraceHeaders): Promise<T> {
    const label = { source: this.#name, path, headers };
    using deadline = new Deadline(this.#timeoutMs, () => timedOut(label, this.#timeoutMs)).endWith(signal);
    const answer = await this.#getWithRetries(label, deadline, statuses);
    const meaning = statuses[answer.status];
    return meaning ? meaning() : await readBody(label, answer, check, this.#maxBytes);
  }

  async #getWithRetries(label: TracedRequest, deadline: Deadline, statuses: object): Promise<Answer> {
    this.#retries.earn();
    for (let retry = 1; ; retry++) {
      try {
        return await this.#attempt(label, deadline, statuses);
      } catch (error) {
        await this.#retries.pause(error, retry, deadline);
      }
    }
  }

  async #attempt(label: TracedRequest, deadline: Deadline, statuses: object): Promise<Answer> {
    this.#assertClosedBreaker();
    using _permit = await this.#bulkhead.acquire(deadline.signal);
    this.#assertClosedBreaker();
    return await this.#breaker.run(() => this.#send(label, deadline, statuses));
  }

  #assertClosedBreaker(): void {
    if (this.#breaker.isOpen())
      throw notSent(this.#name, 'is not called for a second, because most calls to it failed');
  }

  async #send(label: TracedRequest, deadline: Deadline, statuses: object): Promise<Answer> {
    const answer = await this.#exchange(label, deadline);
    const { status, headers } = answer;
    if (status === 200 || Object.hasOwn(statuses, status)) return answer;
    if (status === 429 || status >= 500) throw refused(label, status, toRetryAfterMs(status, headers));
    throw invalid(label, `status ${status}`, '200');
  }

  async #exchange(label: TracedRequest, deadline: Deadline): Promise<Answer> {
    try {
      return await exchange(this.#pool, this.#basePath + label.path, label.headers, deadline);
    } catch (error) {
      throw deadline.isOver ? error : failed(label, error, this.#maxBytes);
    }
  }
}
