import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import type { Context } from '../context.ts';
import { arrival } from '../monitoring/request-id.ts';
import { toServerTiming, toTotal } from '../monitoring/server-timing.ts';
import { collectCalls, Timing } from '../monitoring/timing.ts';
import type { Roles } from '../viewer.ts';
import { mapFirst } from './map-first.ts';
import type { CancellationContext } from './use-cancellation.ts';

/** What this plugin adds to the context. */
export interface TimingContext {
  timing: Timing;
}

/** The viewer is known only once the operation is about to be executed. */
type MeasuredContext = TimingContext & Partial<Pick<Context, 'viewer'>>;

/** `1` requests `extensions.timing`; `0` opts out of the details of timing. */
const HEADER = 'x-gather-timing';

/**
 * Measures each operation, and reports it in `extensions.timing` and a `Server-Timing` header. Phases and calls reveal how
 * the server works and what it did for whom: outside of development only the highest role gets them, everybody else the
 * total. In incremental delivery both cover the time until the first part.
 * Comes after `useCancellation`, whose signal identifies the calls.
 *
 * @param isDevelopment whether everybody gets the details without requesting them
 */
export function useTiming(
  isDevelopment: boolean,
  roles: Roles,
): Plugin<MeasuredContext & CancellationContext, MeasuredContext> {
  const timings = new AttachedProperty<Request, Timing>();
  /** Requests that are answered with details. */
  const detailed = new AttachedProperty<Request, true>();
  const isForViewer = ({ headers }: Request, { viewer }: MeasuredContext) =>
    headers.get(HEADER) !== '0' && (isDevelopment || (viewer !== undefined && roles.has(viewer, roles.highest)));
  const headerOf = (request: Request, timing: Timing) =>
    detailed.get(request) ? toServerTiming(timing) : toTotal(timing);
  return {
    instrumentation: {
      // Not in `onRequest`, which is not called for what Yoga itself answers, such as GraphiQL.
      request({ request }, answer) {
        timings.set(request, new Timing(arrival()));
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
      if (isDetailed) detailed.set(request, true);
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

/** Sets the header through the result, which is faster in Yoga than setting it on the response. */
function addHeader(result: ExecutionResult, serverTiming: string): ExecutionResult {
  const http = { headers: { 'Server-Timing': serverTiming } };
  return { ...result, extensions: { ...result.extensions, http } };
}
