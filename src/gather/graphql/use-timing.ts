import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { toServerTiming, toTotal } from '../monitoring/server-timing.ts';
import { collectCalls, Timing } from '../monitoring/timing.ts';
import type { Roles } from '../viewer.ts';
import { mapFirst } from './map-first.ts';
import type { CancellationContext } from './use-cancellation.ts';

/** What this plugin adds to the context. */
export interface TimingContext {
  timing: Timing;
}

/** The viewer is known once the operation is about to be executed. */
type MeasuredContext = TimingContext & Partial<Pick<Context, 'viewer'>>;

/** A client asks for `extensions.timing` with this header set to 1, and for no details of timing with 0. */
const HEADER = 'x-gather-timing';

/**
 * Measures each operation: `extensions.timing`, and a `Server-Timing` header on every response. The phases and the calls
 * say what the server is made of, and what it did for whom: outside of development they are for the highest role only, and
 * everybody else is told the total. An answer in parts carries in both what was measured until its first part.
 * Comes after `useCancellation`, with whose signal calls are made.
 *
 * @param isDevelopment whether everybody is given the details, unasked
 */
export function useTiming(
  isDevelopment: boolean,
  roles: Roles,
): Plugin<MeasuredContext & CancellationContext, MeasuredContext> {
  const timings = new WeakMap<Request, Timing>();
  /** Those that are answered with details. */
  const detailed = new WeakSet<Request>();
  const isForViewer = ({ headers }: Request, { viewer }: MeasuredContext) =>
    headers.get(HEADER) !== '0' && (isDevelopment || (viewer !== undefined && roles.has(viewer, roles.highest)));
  const headerOf = (request: Request, timing: Timing) =>
    detailed.has(request) ? toServerTiming(timing) : toTotal(timing);
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
    onExecutionResult({ request, result, context, setResult }) {
      const { timing } = context;
      const isDetailed = isForViewer(request, context);
      if (isDetailed) detailed.add(request);
      const isShown = isDetailed && (isDevelopment || request.headers.get(HEADER) === '1');
      const addReport = (part: ExecutionResult): ExecutionResult =>
        isShown ? { ...part, extensions: { ...part.extensions, timing: timing.report() } } : part;
      if (isAsyncIterable(result)) setResult(mapFirst(result as AsyncIterable<ExecutionResult>, addReport));
      else if (result) setResult(addHeader(addReport(result), headerOf(request, timing)));
    },
    onResponse({ request, response }) {
      const timing = timings.get(request);
      if (timing && !response.headers.has('server-timing')) {
        response.headers.set('server-timing', headerOf(request, timing));
      }
    },
  };
}

/** Yoga sends headers that it finds here faster than those that are set on the response. */
function addHeader(result: ExecutionResult, serverTiming: string): ExecutionResult {
  const http = { headers: { 'Server-Timing': serverTiming } };
  return { ...result, extensions: { ...result.extensions, http } };
}
