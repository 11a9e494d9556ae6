import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toServerTiming } from '../monitoring/server-timing.ts';
import { collectCalls, Timing } from '../monitoring/timing.ts';
import { mapFirst } from './map-first.ts';
import type { CancellationContext } from './use-cancellation.ts';

/** What this plugin adds to the context. */
export interface TimingContext {
  timing: Timing;
}

/** A client asks for `extensions.timing` with this header set to 1. */
const HEADER = 'x-gather-timing';

/**
 * Measures each operation: `extensions.timing` where it is asked for, a `Server-Timing` header on every response.
 * An answer in parts carries in both what was measured until its first part. Comes after `useCancellation`, with whose
 * signal calls are made.
 *
 * @param isAlwaysShown whether `extensions.timing` is given unasked
 */
export function useTiming(isAlwaysShown: boolean): Plugin<TimingContext & CancellationContext, TimingContext> {
  const timings = new WeakMap<Request, Timing>();
  return {
    instrumentation: {
      // Not in `onRequest`: what Yoga itself answers, such as GraphiQL, does not come as far as that.
      request({ request }, answer) {
        timings.set(request, new Timing(performance.now()));
        return answer();
      },
    },
    onEnveloped({ context, extendContext }) {
      const timing = context && timings.get(context.request);
      if (!timing) return;
      extendContext({ timing });
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
      const addReport = (part: ExecutionResult): ExecutionResult =>
        isShown ? { ...part, extensions: { ...part.extensions, timing: timing.report() } } : part;
      if (isAsyncIterable(result)) setResult(mapFirst(result as AsyncIterable<ExecutionResult>, addReport));
      else if (result) setResult(addHeader(addReport(result), timing));
    },
    onResponse({ request, response }) {
      const timing = timings.get(request);
      if (timing && !response.headers.has('server-timing')) {
        response.headers.set('server-timing', toServerTiming(timing));
      }
    },
  };
}

/** Yoga sends headers that it finds here faster than those that are set on the response. */
function addHeader(result: ExecutionResult, timing: Timing): ExecutionResult {
  const http = { headers: { 'Server-Timing': toServerTiming(timing) } };
  return { ...result, extensions: { ...result.extensions, http } };
}
