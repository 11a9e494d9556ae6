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
import type { Method } from './contract.ts';
import { failed, notSent, type RequestLabel, refused, rejected, timedOut, UpstreamError } from './errors.ts';
import { type Answer, exchange, type Outgoing } from './exchange.ts';
import type { HttpRequest } from './request.ts';
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

/** One request, and the answers to it that the contract has. */
export interface ServiceRequest<T> extends HttpRequest {
  method: Method;
  /** Its name in timings, after the service's. */
  call: string;
  /** The number of keys in the request. @default 1 */
  keys?: number;
  /** When it aborts, the call rejects with its reason and the socket is freed. */
  signal: AbortSignal;
  /** The check of the body for each successful status, or for `2XX`; null for an answer without a body, `undefined`. */
  answers: Readonly<Record<string, Check<T> | null>>;
  /** What other statuses mean. */
  failures?: Readonly<Record<string, string>> | undefined;
  /** Other statuses that a healthy service answers: they are not retried, and neither count for the breaker nor as an outage. */
  expected?: readonly number[] | undefined;
}

/** The current load of a service, and the state of its breaker. */
export interface ServiceState {
  running: number;
  queued: number;
  breaker: ReturnType<Breaker['state']>;
}

/** A request, its name in errors, and what is sent. */
interface Trip<T> {
  request: ServiceRequest<T>;
  label: RequestLabel;
  outgoing: Outgoing;
}

/** Sent twice, they do what they do once: https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods */
const IDEMPOTENT: ReadonlySet<Method> = new Set<Method>(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

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

  /** Sends a request below the base URL, and checks the answer. Only idempotent methods are retried. */
  send<T>(request: ServiceRequest<T>): Promise<T> {
    const { method, path, query, body, keys = 1, signal } = request;
    const name = `${this.#name}.${request.call}`;
    const event: RequestEvent = { name, method, origin: this.#origin, headers: {} };
    const label = { source: this.#name, method, path };
    const trip = () => {
      const headers = { ...request.headers, ...event.headers };
      const outgoing = { method, path: this.#basePath + path + query, headers, body };
      return this.#sendInTime({ request, label, outgoing });
    };
    const send = () => call({ kind: 'http', method, name, keys, signal }, trip);
    return requests.hasSubscribers ? requests.runStores(event, send) : send();
  }

  state(): ServiceState {
    return { running: this.#bulkhead.taken, queued: this.#bulkhead.waiting, breaker: this.#breaker.state() };
  }

  /** Closes every connection. Calls under way fail. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Sends it until its deadline, and notes whether the service is healthy. */
  async #sendInTime<T>(trip: Trip<T>): Promise<T> {
    const { request, label } = trip;
    using deadline = new Deadline(this.#timeoutMs, () => timedOut(label, this.#timeoutMs)).endWith(request.signal);
    try {
      const answer = await this.#sendWithRetries(trip, deadline);
      const check = answerOf(request, answer.status);
      const read = check ? readBody(label, answer, check, this.#maxBytes) : (undefined as T);
      const value = read instanceof Promise ? await read : read;
      this.#outage?.answered();
      return value;
    } catch (error) {
      if (error instanceof UpstreamError && !isExpected(error, request)) this.#outage?.failed(error);
      throw error;
    }
  }

  async #sendWithRetries<T>(trip: Trip<T>, deadline: Deadline): Promise<Answer> {
    this.#retries.earn();
    for (let retry = 1; ; retry++) {
      try {
        this.#assertClosedBreaker();
        // Only a wait needs the signal, which is created on first use. A deadline that is over fails the exchange.
        using _permit = this.#bulkhead.tryAcquire() ?? (await this.#bulkhead.acquire(deadline.signal));
        this.#assertClosedBreaker();
        return await this.#breaker.run(() => this.#sendOnce(trip, deadline));
      } catch (error) {
        if (!IDEMPOTENT.has(trip.request.method)) throw error;
        await this.#retries.pause(error, retry, deadline);
      }
    }
  }

  #assertClosedBreaker(): void {
    if (this.#breaker.isOpen())
      throw notSent(this.#name, 'is not called for a second, because most calls to it failed');
  }

  #sendOnce<T>(trip: Trip<T>, deadline: Deadline): Promise<Answer> {
    return exchange(this.#pool, trip.outgoing, deadline).then(
      (answer) => accepted(trip, answer),
      (error) => {
        throw deadline.isOver ? error : failed(trip.label, error, this.#maxBytes);
      },
    );
  }
}

/** @throws UpstreamError for an answer that the contract does not call a success */
function accepted<T>({ request, label }: Trip<T>, answer: Answer): Answer {
  const { status, headers } = answer;
  if (answerOf(request, status) !== undefined) return answer;
  const [expected = '2XX'] = Object.keys(request.answers);
  const refusal = { status, meaning: request.failures?.[status], expected };
  if (status !== 429 && status < 500) throw rejected(label, refusal);
  if (request.expected?.includes(status)) throw refused(label, refusal);
  throw refused(label, refusal, { isOutage: status >= 500, retryAfterMs: toRetryAfterMs(status, headers) });
}

function isExpected<T>({ status }: UpstreamError, { expected = [] }: ServiceRequest<T>): boolean {
  return status !== undefined && expected.includes(status);
}

/** The check of an answer, null if it has no body; undefined if the contract has no such success. */
function answerOf<T>({ answers }: ServiceRequest<T>, status: number): Check<T> | null | undefined {
  const exact = answers[status];
  return exact === undefined && status >= 200 && status < 300 ? answers['2XX'] : exact;
}
