import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { addressOf } from './address.ts';
import { refuseOverload } from './overload.ts';

/** With more under way at once each page takes more memory, and with it CPU time, and none is answered earlier. */
const AT_ONCE = 32;

interface AdmissionConfig {
  /** How long a request may wait. */
  timeoutMs: number;
  /** Trusted proxies in front of the server. */
  proxyHops: number;
}

/**
 * Lets requests begin: at once while fewer than 32 are under way, and one more in each turn of the event loop, their senders
 * by turns. A turn is short unless there is much to do. So a server takes any number of requests that wait for others, but
 * one that has too much to do goes on with those that it has begun; the rest wait where they take no memory yet.
 */
export class Admission {
  readonly #config: AdmissionConfig;
  /** The requests that wait, by sender; the sender whose turn was last comes last. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #underWay = 0;
  #inNextTurn: NodeJS.Immediate | undefined;

  constructor(config: AdmissionConfig) {
    this.#config = config;
  }

  /** How many senders wait. */
  get waitingSenders(): number {
    return this.#waiting.size;
  }

  /** Calls `begin` when the request may begin. One that waits for too long is refused; one whose sender left is dropped. */
  enter(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    if (this.#underWay < AT_ONCE) this.#begin(response, begin);
    else this.#wait(request, response, begin);
  }

  #begin(response: ServerResponse, begin: () => void): void {
    this.#underWay++;
    response.once('close', this.#end);
    begin();
  }

  readonly #end = (): void => {
    this.#underWay--;
    if (this.#underWay < AT_ONCE) this.#next();
  };

  #wait(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const { timeoutMs, proxyHops } = this.#config;
    const sender = limitKeyOf(addressOf(request, proxyHops));
    const since = performance.now();
    const run = AsyncLocalStorage.snapshot();
    const enter = () => {
      if (response.destroyed) this.#next();
      else if (performance.now() - since < timeoutMs) run(() => this.#begin(response, begin));
      else run(() => refuseOverload(request, response));
    };
    const ofSender = this.#waiting.get(sender);
    if (ofSender) ofSender.push(enter);
    else this.#waiting.set(sender, [enter]);
    this.#inNextTurn ??= setImmediate(this.#turn);
  }

  /** Lets one begin in each turn of the event loop, while any waits. */
  readonly #turn = (): void => {
    this.#next();
    this.#inNextTurn = this.#waiting.size > 0 ? setImmediate(this.#turn) : undefined;
  };

  #next(): void {
    const [next] = this.#waiting;
    if (!next) return;
    const [sender, ofSender] = next;
    const enter = ofSender.shift();
    this.#waiting.delete(sender);
    if (ofSender.length > 0) this.#waiting.set(sender, ofSender);
    enter?.();
  }
}
