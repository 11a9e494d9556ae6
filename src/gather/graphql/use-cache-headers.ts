import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import type { Context } from '../context.ts';

/** The headers that a response depends on. Replaces the `Vary: Origin` of `createCors`, so it includes `Origin`. */
const VARY = 'Accept, Authorization, Cookie, Origin, X-Gather-Timing';
const NO_STORE = { 'Cache-Control': 'no-store' };

/**
 * Lets shared caches store complete responses without errors to anonymous GET requests. Any other response of Yoga must
 * not be stored. Comes after `useCost`.
 *
 * @param cacheSeconds how long they may be stored; 0 forbids it
 */
export function useCacheHeaders(cacheSeconds: number): Plugin<object, Pick<Context, 'viewer'>> {
  const shared = { 'Cache-Control': `public, max-age=${cacheSeconds}`, Vary: VARY };
  const handled = new AttachedProperty<Request, true>();
  return {
    onExecutionResult({ request, result, context: { viewer }, setResult }) {
      if (!result || isAsyncIterable(result) || Array.isArray(result)) return;
      const isShared = cacheSeconds > 0 && !result.errors && isAnonymous(request) && viewer.user === null;
      setResult(isShared ? withHeaders(withoutCost(result), shared) : withHeaders(result, NO_STORE));
      handled.set(request, true);
    },
    onResponse({ request, response: { headers } }) {
      // Yoga's own header for streams is too weak, and for a result that it cannot format, ours are lost.
      if (!handled.get(request) || !headers.has('cache-control')) headers.set('cache-control', 'no-store');
    },
  };
}

/** Any cookie disables shared caching: the answer may set or delete our own. */
function isAnonymous({ method, headers }: Request): boolean {
  return method === 'GET' && !headers.has('authorization') && !headers.has('cookie');
}

/** Removes the cost, which tells what one client has left. */
function withoutCost(result: ExecutionResult): ExecutionResult {
  return { ...result, extensions: { ...result.extensions, cost: undefined } };
}

function withHeaders(result: ExecutionResult, headers: Record<string, string>): ExecutionResult {
  const http = result.extensions?.['http'] as { headers?: Record<string, string> } | undefined;
  return {
    ...result,
    extensions: { ...result.extensions, http: { ...http, headers: { ...http?.headers, ...headers } } },
  };
}
