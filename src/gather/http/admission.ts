import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { addressOf } from './address.ts';
import { refuseOverload } from './overload.ts';

/** With more under way at once each page takes more memory, and with it CPU time, and none is answered earlier. */
const AT_ONCE = 32;

/** Many that come at once have begun by then, unless there is much to do. */
const LONG_MS = 100;

interface AdmissionConfig {
  /** How long a request may wait. */
  timeoutMs: number;
  /** Trusted proxies in front of the server. */
  proxyHops: number;
}

/** A request that waits. */
interface Waiting {
  /** `performance.now()` when it began to wait. */
  since: number;
  response: ServerResponse;
  /** Begins it, or refuses it if it has waited for too long. */
  enter: () => void;
}

/**
 * Lets requests begin: at once while fewer than 32 are under way, and one more in each turn of the event loop, their senders
 * by turns. A turn is short unless there is much to do. So a server takes any number of requests that wait for others, but
 * one that has too much to do goes on with those that it has begun; the rest wait where they take no memory yet. One whose
 * response has begun, such as a subscription, no longer counts.
 */
export class Admission {
  readonly #config: AdmissionConfig;
  /** By sender; the sender whose turn was last comes last. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #underWay = new Set<ServerResponse>();
  #nextTurn: NodeJS.Immediate | undefined;

  constructor(config: AdmissionConfig) {
    this.#config = config;
  }

  /** How many requests wait to begin. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** How many senders wait, if the one that is next has waited for 100 ms; before, 0. */
  get waitingSenders(): number {
    const [first] = this.#waiting.values();
    const since = first?.[0]?.since ?? Number.POSITIVE_INFINITY;
    return performance.now() - since >= LONG_MS ? this.#waiting.size : 0;
  }

  /** Calls `begin` when the request may begin. One that waits for too long is refused; one whose sender left is dropped. */
  enter(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    if (this.#waiting.size === 0 && this.#hasRoom()) this.#begin(response, begin);
    else this.#wait(request, response, begin);
  }

  #hasRoom(): boolean {
    if (this.#underWay.size < AT_ONCE) return true;
    for (const response of this.#underWay) if (response.headersSent) this.#underWay.delete(response);
    return this.#underWay.size < AT_ONCE;
  }

  #begin(response: ServerResponse, begin: () => void): void {
    this.#underWay.add(response);
    response.once('close', () => {
      if (this.#underWay.delete(response) && this.#hasRoom()) this.#next();
    });
    begin();
  }

  #wait(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const { timeoutMs, proxyHops } = this.#config;
    const since = performance.now();
    const run = AsyncLocalStorage.snapshot();
    const enter = () =>
      run(() => {
        if (performance.now() - since < timeoutMs) this.#begin(response, begin);
        else refuseOverload(request, response);
      });
    const sender = limitKeyOf(addressOf(request, proxyHops));
    const ofSender = this.#waiting.get(sender);
    const waiting: Waiting = { since, response, enter };
    if (ofSender) ofSender.push(waiting);
    else this.#waiting.set(sender, [waiting]);
    this.#nextTurn ??= setImmediate(this.#turn);
  }

  /** Lets one begin in each turn of the event loop, and as many as there is room for, while any waits. */
  readonly #turn = (): void => {
    do this.#next();
    while (this.#waiting.size > 0 && this.#hasRoom());
    this.#nextTurn = this.#waiting.size > 0 ? setImmediate(this.#turn) : undefined;
  };

  #next(): void {
    for (const [sender, ofSender] of this.#waiting) {
      const { response, enter } = ofSender.shift() as Waiting;
      // A sender that is moved to the end is visited again.
      this.#waiting.delete(sender);
      if (ofSender.length > 0) this.#waiting.set(sender, ofSender);
      if (response.destroyed) continue;
      enter();
      return;
    }
  }
}
