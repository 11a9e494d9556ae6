import type { ExecutionResult } from 'graphql';
import type { Viewer } from '../../viewer.ts';
import type { Operation } from './operation.ts';

/** The headers that a response depends on. Replaces the `Vary: Origin` of `createCors`, so it includes `Origin`. */
const VARY = 'Accept, Authorization, Cookie, Origin, X-Gather-Timing';

type Headers = Readonly<Record<string, string>>;

/** Forbids to store a response. */
export const NO_STORE = { 'Cache-Control': 'no-store' };

/** Lets shared caches store complete responses without errors to anonymous GET requests, and no others. */
export class CacheHeaders {
  readonly #seconds: number;
  readonly #shared: Headers;

  /** @param seconds how long they may be stored; 0 forbids it */
  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#shared = { 'Cache-Control': `public, max-age=${seconds}`, Vary: VARY };
  }

  /** Whether a shared cache may store the response to this operation. */
  isShared({ request: { method, headers }, context }: Operation, { errors }: ExecutionResult): boolean {
    const viewer: Viewer | undefined = context.viewer;
    // Any cookie disables shared caching: the answer may set or delete our own.
    const isAnonymous = method === 'GET' && !headers.has('authorization') && !headers.has('cookie');
    return this.#seconds > 0 && !errors && isAnonymous && viewer?.user === null;
  }

  headers(isShared: boolean): Headers {
    return isShared ? this.#shared : NO_STORE;
  }
}
