import { Pool } from 'undici';
import { call } from '../calls.ts';
import { Deadline } from '../concurrency/deadline.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { readBody } from './body.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Check } from './check.ts';
import { failed, invalid, notAsked, type RequestLabel, refused, timedOut } from './errors.ts';
import { type Answer, exchange } from './exchange.ts';
import { Retries, toRetryAfterMs } from './retries.ts';

/** What an upstream is, and what it may cost. */
export interface ServiceClientOptions {
  /** As it is called in errors and timings. */
  name: string;
  baseUrl: string;
  /** For a whole call: waiting for a connection, and retries, included. */
  timeoutMs: number;
  /** Connections, and so calls under way, at most. */
  connections: number;
  /** Calls that wait for a connection at most. One more is refused. */
  maxQueued: number;
  /** How much of an answer is read, both as it comes and decoded. @default 5,000,000 */
  maxBytes?: number;
}

/** One GET. */
export interface Get<T> {
  /** Its name in timings, after that of the upstream. */
  call: string;
  /** How many keys it asks for. @default 1 */
  keys?: number;
  /** Of the request that needs the answer. When it aborts, the call rejects with its reason and the socket is freed. */
  signal: AbortSignal;
  check: Check<T>;
  /** What statuses other than 200 mean, where the contract gives them a meaning: they are no failure of the service. */
  statuses?: Readonly<Record<number, () => T>>;
}

/** What an upstream is busy with. */
export interface ServiceState {
  running: number;
  queued: number;
  breaker: ReturnType<Breaker['state']>;
}

const MAX_BYTES = 5_000_000;

/**
 * The client of one HTTP service. Attempts that fail for a reason that may pass are made again; a service that keeps
 * failing is left alone for a moment. End it with `close()`.
 *
 * Throws `GatherError`: UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE, and UPSTREAM_INVALID where the answer is not what
 * the contract says.
 */
export class ServiceClient {
  readonly #name: string;
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  readonly #slots: Semaphore;
  readonly #breaker = createBreaker();
  readonly #retries = new Retries();

  constructor({ name, baseUrl, timeoutMs, connections, maxQueued, maxBytes = MAX_BYTES }: ServiceClientOptions) {
    const { origin, pathname } = new URL(baseUrl);
    this.#name = name;
    this.#basePath = pathname.replace(/\/$/, '');
    this.#timeoutMs = timeoutMs;
    this.#maxBytes = maxBytes;
    this.#slots = new Semaphore({
      size: connections,
      maxWaiting: maxQueued,
      toError: () => notAsked(name, `is busy: ${this.#slots.waiting} calls are waiting already`),
    });
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeoutMs,
      // The deadline of the call covers both.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxBytes,
    });
  }

  /** Asks for a path below the base URL, percent-encoded by the caller, and checks the answer. */
  get<T>(path: string, get: Get<T>): Promise<T> {
    const { keys = 1, signal } = get;
    return call({ kind: 'http', name: `${this.#name}.${get.call}`, keys, signal }, () => this.#getInTime(path, get));
  }

  /** What it is busy with now. */
  state(): ServiceState {
    return { running: this.#slots.taken, queued: this.#slots.waiting, breaker: this.#breaker.state() };
  }

  /** Closes every connection. Calls under way fail. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #getInTime<T>(path: string, { signal, check, statuses = {} }: Get<T>): Promise<T> {
    const question = { source: this.#name, path };
    using deadline = new Deadline(this.#timeoutMs, () => timedOut(question, this.#timeoutMs)).endWith(signal);
    const answer = await this.#ask(question, deadline, statuses);
    const meaning = statuses[answer.status];
    return meaning ? meaning() : await readBody(question, answer, check, this.#maxBytes);
  }

  async #ask(question: RequestLabel, deadline: Deadline, statuses: object): Promise<Answer> {
    this.#retries.earn();
    for (let retry = 1; ; retry++) {
      try {
        return await this.#attempt(question, deadline, statuses);
      } catch (error) {
        await this.#retries.pause(error, retry, deadline);
      }
    }
  }

  async #attempt(question: RequestLabel, deadline: Deadline, statuses: object): Promise<Answer> {
    this.#assertClosedBreaker();
    using _slot = await this.#slots.acquire(deadline.signal);
    this.#assertClosedBreaker();
    return await this.#breaker.run(() => this.#send(question, deadline, statuses));
  }

  #assertClosedBreaker(): void {
    if (this.#breaker.isOpen())
      throw notAsked(this.#name, 'is left alone for a second, because most calls to it failed');
  }

  async #send(question: RequestLabel, deadline: Deadline, statuses: object): Promise<Answer> {
    const answer = await this.#exchange(question, deadline);
    const { status, headers } = answer;
    if (status === 200 || Object.hasOwn(statuses, status)) return answer;
    if (status === 429 || status >= 500) throw refused(question, status, toRetryAfterMs(status, headers));
    throw invalid(question, `status ${status}`, '200');
  }

  async #exchange(question: RequestLabel, deadline: Deadline): Promise<Answer> {
    try {
      return await exchange(this.#pool, this.#basePath + question.path, deadline);
    } catch (error) {
      throw deadline.isOver ? error : failed(question, error, this.#maxBytes);
    }
  }
}
