import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toServerTiming } from '../monitoring/server-timing.ts';
import { collectCalls, Timing } from '../monitoring/timing.ts';
import type { CancellationContext } from './use-cancellation.ts';

/** What this plugin adds to the context. */
export interface TimingContext {
  timing: Timing;
}

/** A client asks for `extensions.timing` with this header set to 1. */
const HEADER = 'x-gather-timing';

/**
 * Measures each operation: `extensions.timing` where it is asked for, a `Server-Timing` header on every response.
 * An answer in parts carries both in its first part. Comes after `useCancellation`, with whose signal calls are made.
 *
 * @param isAlwaysShown whether `extensions.timing` is given unasked
 */
export function useTiming(isAlwaysShown: boolean): Plugin<TimingContext, TimingContext & CancellationContext> {
  const arrivals = new WeakMap<Request, number>();
  return {
    onRequest({ request }) {
      arrivals.set(request, performance.now());
    },
    onParams({ request, context }) {
      const timing = new Timing(arrivals.get(request) ?? performance.now());
      Object.assign(context, { timing });
      collectCalls(context.signal, timing);
    },
    onParse: ({ context }) => context.timing.begin('parse'),
    onValidate: ({ context }) => context.timing.begin('validate'),
    onContextBuilding: ({ context }) => context.timing.begin('context'),
    onExecute({ args }) {
      return { onExecuteDone: args.contextValue.timing.begin('execute') };
    },
    onExecutionResult({ request, result, context: { timing }, setResult }) {
      const isShown = isAlwaysShown || request.headers.get(HEADER) === '1';
      const extend = (part: ExecutionResult): ExecutionResult => ({
        ...part,
        extensions: {
          ...part.extensions,
          ...(isShown && { timing: timing.report() }),
          http: { headers: { 'Server-Timing': toServerTiming(timing) } },
        },
      });
      if (isAsyncIterable(result)) setResult(extendFirst(result, extend));
      else if (result) setResult(extend(result));
    },
    onResponse({ request, response }) {
      const arrival = arrivals.get(request);
      if (arrival === undefined || !response || response.headers.has('server-timing')) return;
      response.headers.set('server-timing', toServerTiming(new Timing(arrival)));
    },
  };
}

async function* extendFirst(
  parts: AsyncIterable<ExecutionResult>,
  extend: (part: ExecutionResult) => ExecutionResult,
): AsyncGenerator<ExecutionResult> {
  let isFirst = true;
  for await (const part of parts) {
    yield isFirst ? extend(part) : part;
    isFirst = false;
  }
}
