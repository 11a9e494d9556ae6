import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';

/** What an answer may differ by besides its URL. It takes the place of the door's own, and so has `Origin`. */
const VARY = 'Accept, Authorization, Cookie, Origin, X-Gather-Timing';
const KEPT_BY_NOBODY = { 'Cache-Control': 'no-store' };

/**
 * Says to caches what they may keep: whole answers without an error, to a GET that says nothing of who sends it. Of all
 * else that Yoga answers they keep nothing. Comes after `useCost`.
 *
 * @param cacheSeconds how long; 0 keeps nothing
 */
export function useCacheHeaders(cacheSeconds: number): Plugin<object, Pick<Context, 'viewer'>> {
  const keptByAll = { 'Cache-Control': `public, max-age=${cacheSeconds}`, Vary: VARY };
  const said = new WeakSet<Request>();
  return {
    onExecutionResult({ request, result, context: { viewer }, setResult }) {
      if (!result || isAsyncIterable(result) || Array.isArray(result)) return;
      const isForAll = cacheSeconds > 0 && !result.errors && isOfNobody(request) && viewer.user === null;
      setResult(isForAll ? withHeaders(withoutCost(result), keptByAll) : withHeaders(result, KEPT_BY_NOBODY));
      said.add(request);
    },
    onResponse({ request, response: { headers } }) {
      // What Yoga says of streams is not enough, and nothing comes of a result in a format that nobody has.
      if (!said.has(request) || !headers.has('cache-control')) headers.set('cache-control', 'no-store');
    },
  };
}

/** Any cookie disables shared caching: the answer may set or delete our own. */
function isOfNobody({ method, headers }: Request): boolean {
  return method === 'GET' && !headers.has('authorization') && !headers.has('cookie');
}

/** It says what one sender has left. */
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
