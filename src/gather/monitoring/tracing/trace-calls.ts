import {
  type Context,
  createContextKey,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type Call, calls } from '../../calls.ts';
import { requests } from '../channels.ts';
import { askingContext } from './context.ts';
import type { SpanSource } from './tracing.ts';

/** The span of the call to a service that a context is inside of. */
const REQUEST = createContextKey('gather request');

/**
 * A client span per call inside of an operation or a job. Calls to services carry the context in the header
 * `traceparent`. Names by https://opentelemetry.io/docs/specs/semconv/db/postgresql/ and `…/http/http-spans/`.
 */
export function traceCalls({ tracer, storage, active, time }: SpanSource): () => void {
  requests.bindStore(storage, (event) => {
    const context = active();
    if (!trace.getSpan(context)) return context;
    const parent = askingContext(context);
    const { hostname, port } = new URL(event.origin);
    const attributes = {
      'http.request.method': event.method,
      'server.address': hostname,
      ...(port !== '' && { 'server.port': Number(port) }),
    };
    const span = tracer.startSpan(event.name, { kind: SpanKind.CLIENT, attributes, startTime: time() }, parent);
    const inside = trace.setSpan(parent, span).setValue(REQUEST, span);
    propagation.inject(inside, event.headers);
    return inside;
  });

  const onCall = (message: unknown) => {
    const call = message as Call;
    const context = active();
    if (!trace.getSpan(context)) return;
    const request = context.getValue(REQUEST) as Span | undefined;
    const span = request ?? startSpan(call, context);
    span.setAttribute('gather.call.keys', call.keys);
    if (call.outcome !== 'ok') {
      span.setAttribute('error.type', call.outcome);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(time(call.start + call.duration));
  };

  const startSpan = (call: Call, context: Context) => {
    const { kind, method, name, start } = call;
    const options = {
      startTime: time(start),
      kind: kind === 'disk' ? SpanKind.INTERNAL : SpanKind.CLIENT,
      attributes: {
        ...(kind === 'postgres' && { 'db.system.name': 'postgresql', 'db.query.summary': name }),
        ...(method !== undefined && { 'http.request.method': method }),
      },
    };
    return tracer.startSpan(name, options, askingContext(context));
  };

  calls.subscribe(onCall);
  return () => {
    requests.unbindStore(storage);
    calls.unsubscribe(onCall);
  };
}
