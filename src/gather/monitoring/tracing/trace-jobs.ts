import {
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AttachedProperty } from '../../attached-property.ts';
import { type EnqueueEvent, enqueues, type JobEvent, jobs } from '../channels.ts';
import { askingContext } from './context.ts';
import type { SpanSource } from './tracing.ts';

/**
 * A span per run of a job, the first of a trace of its own, with a link to the span that enqueued the job. Names by
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function traceJobs({ tracer, storage, active, time }: SpanSource): () => void {
  const spans = new AttachedProperty<object, Span>();

  const onEnqueue = (message: unknown) => {
    const context = active();
    if (!trace.getSpan(context)) return;
    const carrier = {};
    propagation.inject(askingContext(context), carrier);
    (message as EnqueueEvent).trace = carrier;
  };

  jobs.start.bindStore(storage, (event) => {
    const { task, jobId, trace: carrier = {} } = event;
    const enqueuer = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, carrier));
    const options = {
      kind: SpanKind.CONSUMER,
      startTime: time(),
      links: enqueuer && isSpanContextValid(enqueuer) ? [{ context: enqueuer }] : [],
      attributes: {
        'messaging.system': 'pg-boss',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': task,
        'messaging.message.id': jobId,
      },
    };
    const span = tracer.startSpan(`process ${task}`, options, ROOT_CONTEXT);
    spans.set(event, span);
    return trace.setSpan(ROOT_CONTEXT, span);
  });
  const onEnd = (message: unknown) => {
    const event = message as JobEvent;
    const span = spans.get(event);
    if (event.result !== 'completed') span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end(time());
  };
  enqueues.subscribe(onEnqueue);
  jobs.asyncEnd.subscribe(onEnd);
  return () => {
    enqueues.unsubscribe(onEnqueue);
    jobs.start.unbindStore(storage);
    jobs.asyncEnd.unsubscribe(onEnd);
  };
}
