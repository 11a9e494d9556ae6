import { type Span, trace } from '@opentelemetry/api';
import { AttachedProperty } from '../../attached-property.ts';
import { type PhaseEvent, phases } from '../channels.ts';
import type { Phase } from '../timing.ts';
import type { SpanSource } from './tracing.ts';

const NAMES: Readonly<Record<Phase, string>> = {
  parse: 'GraphQL Document Parsing',
  validate: 'GraphQL Document Validation',
  context: 'GraphQL Context Building',
  execute: 'GraphQL Operation Execution',
};

/** A span per phase of an operation. */
export function tracePhases({ tracer, storage, active, time }: SpanSource): () => void {
  const spans = new AttachedProperty<object, Span>();

  phases.start.bindStore(storage, (event: PhaseEvent) => {
    const { phase } = event;
    const attributes = { 'graphql.processing.type': phase };
    const span = tracer.startSpan(NAMES[phase], { attributes, startTime: time() }, active());
    spans.set(event, span);
    return trace.setSpan(active(), span);
  });
  const onEnd = (message: unknown) => spans.get(message as object)?.end(time());
  phases.asyncEnd.subscribe(onEnd);
  return () => {
    phases.start.unbindStore(storage);
    phases.asyncEnd.unsubscribe(onEnd);
  };
}
