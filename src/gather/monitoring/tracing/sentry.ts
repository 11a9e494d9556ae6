import { trace } from '@opentelemetry/api';
import { createStackParser, createTransport, type ErrorEvent, linkedErrorsIntegration, Scope } from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import { withoutGiven } from '../../errors.ts';
import { type FaultEvent, faults } from '../channels.ts';
import { requestId } from '../request-id.ts';

interface SentryOptions {
  dsn: string;
  environment: string;
  release: string | undefined;
  redact: (text: string) => string;
}

/** How long the last errors may take to be sent. */
const FLUSH_MS = 3000;
const SEND_TIMEOUT_MS = 10_000;

/**
 * Starts to report faults to Sentry: masked errors, jobs that fail for good, and crashes, with the IDs of their request
 * and trace, and without the values of their operation or job. Disposing of it sends the last ones.
 */
export function startSentry({ redact, ...options }: SentryOptions): AsyncDisposable {
  const client = new ServerRuntimeClient({
    ...options,
    platform: 'node',
    runtime: { name: 'node', version: process.version },
    integrations: [linkedErrorsIntegration()],
    stackParser: createStackParser(nodeStackLineParser()),
    transport: (transportOptions) =>
      createTransport(transportOptions, (request) => post(transportOptions, request.body)),
    beforeSend: (event) => JSON.parse(redact(JSON.stringify(event))) as ErrorEvent,
  });
  client.init();
  const onFault = (message: unknown) => {
    const fault = message as FaultEvent;
    const { error, willRetry } = fault;
    if (!willRetry) client.captureException(error, { originalException: error }, toScope(fault));
  };
  faults.subscribe(onFault);
  return {
    [Symbol.asyncDispose]: async () => {
      faults.unsubscribe(onFault);
      await client.close(FLUSH_MS);
    },
  };
}

function toScope({ hide }: FaultEvent): Scope {
  const scope = new Scope();
  scope.addEventProcessor((event) => {
    for (const one of event.exception?.values ?? []) one.value = hide(withoutGiven(one.value ?? ''));
    return event;
  });
  const id = requestId();
  if (id !== undefined) scope.setTag('request_id', id);
  const span = trace.getActiveSpan()?.spanContext();
  if (span) scope.setContext('trace', { trace_id: span.traceId, span_id: span.spanId });
  return scope;
}

async function post({ url, headers }: { url: string; headers?: Record<string, string> }, body: string | Uint8Array) {
  const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
  const response = await fetch(url, { method: 'POST', headers: headers ?? {}, body: body as BodyInit, signal });
  // Frees the connection.
  await response.arrayBuffer();
  return {
    statusCode: response.status,
    headers: {
      'x-sentry-rate-limits': response.headers.get('x-sentry-rate-limits'),
      'retry-after': response.headers.get('retry-after'),
    },
  };
}
