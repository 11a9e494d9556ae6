import type { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, type Tracer, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { setActiveTraceId } from '../request-id.ts';
import { ContextStore } from './context.ts';
import { createSpanTime, type SpanTime } from './span-time.ts';
import { traceBatches } from './trace-batches.ts';
import { traceCalls } from './trace-calls.ts';
import { traceFaults } from './trace-faults.ts';
import { traceFields } from './trace-fields.ts';
import { traceJobs } from './trace-jobs.ts';
import { traceOperations } from './trace-operations.ts';
import { tracePhases } from './trace-phases.ts';

/** The dependencies of spans. */
export interface SpanSource {
  tracer: Tracer;
  /** Channels bind it, so that what they run is inside of the span. */
  storage: AsyncLocalStorage<unknown>;
  /** The present context. */
  active: () => Context;
  time: SpanTime;
  redact: (text: string) => string;
}

interface TracingOptions {
  /** @default as OTEL_RESOURCE_ATTRIBUTES says */
  serviceName: string | undefined;
  redact: (text: string) => string;
}

/** How long the last spans may take to be sent. */
const FLUSH_MS = 3000;

const TRACERS = [traceOperations, tracePhases, traceFields, traceBatches, traceCalls, traceJobs, traceFaults];

/**
 * Starts to trace this process, as the standard variables of OpenTelemetry say, which its SDK reads. Call it before the
 * server is created. Disposing of it sends the last spans.
 */
export function startTracing({ serviceName, redact }: TracingOptions): AsyncDisposable {
  const contexts = new ContextStore();
  const sdk = new NodeSDK({
    contextManager: contexts,
    ...(serviceName !== undefined && { serviceName }),
    // Traces only: metrics have an endpoint of their own, and logs go to the standard output.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  const source: SpanSource = {
    tracer: trace.getTracer('gather'),
    storage: contexts.storage,
    active: () => contexts.active(),
    time: createSpanTime(),
    redact,
  };
  const stops = [
    ...TRACERS.map((start) => start(source)),
    setActiveTraceId(() => trace.getSpan(contexts.active())?.spanContext().traceId),
  ];
  return {
    [Symbol.asyncDispose]: async () => {
      for (const stop of stops) stop();
      // A collector that does not answer must not keep the process.
      await Promise.race([sdk.shutdown().catch(() => {}), sleep(FLUSH_MS, undefined, { ref: false })]);
    },
  };
}
