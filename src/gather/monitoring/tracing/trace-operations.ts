import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AttachedProperty } from '../../attached-property.ts';
import { type OperationEvent, operations } from '../channels.ts';
import { OPERATION, type OperationTrace } from './context.ts';
import type { SpanSource } from './tracing.ts';

const HEADERS = {
  get: (headers: Headers, name: string) => headers.get(name) ?? undefined,
  keys: (headers: Headers) => [...headers.keys()],
};

/**
 * A server span per operation, until its last payload. Names by the draft conventions for GraphQL:
 * https://github.com/graphql/otel-wg/blob/main/spec/spans.yaml
 */
export function traceOperations({ tracer, storage, time }: SpanSource): () => void {
  const traces = new AttachedProperty<object, OperationTrace>();

  operations.start.bindStore(storage, (event) => {
    const parent = propagation.extract(ROOT_CONTEXT, event.headers, HEADERS);
    const options = { kind: SpanKind.SERVER, startTime: time(event.start) };
    const span = tracer.startSpan('GraphQL Operation', options, parent);
    const operation: OperationTrace = { span, context: trace.setSpan(parent, span), fields: new Map() };
    operation.context = operation.context.setValue(OPERATION, operation);
    traces.set(event, operation);
    return operation.context;
  });

  const onEnd = (message: unknown) => {
    const event = message as OperationEvent;
    const operation = traces.get(event);
    if (!operation) return;
    const { span, fields } = operation;
    for (const field of fields.values()) field.end();
    const { type, name, documentId, errorCount, errors } = event;
    // The names of documents that are not trusted are the clients' choice, and there may be any number.
    if (type) span.updateName(documentId !== undefined && name ? `${type} ${name}` : type);
    span.setAttributes({
      ...(type && { 'graphql.operation.type': type }),
      ...(name && { 'graphql.operation.name': name }),
      ...(documentId !== undefined && { 'graphql.document.id': documentId }),
      ...(event.cost && { 'gather.cost.requested': event.cost.requested }),
    });
    const [first] = errors;
    if (first) {
      span.setAttributes({ 'error.type': first.code, 'graphql.error.count': errorCount });
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    for (const { path, code } of errors) {
      span.addEvent('graphql.error', {
        'graphql.error.code': code,
        ...(path !== undefined && { 'graphql.error.path': path }),
      });
    }
    span.end(time());
  };
  operations.asyncEnd.subscribe(onEnd);
  return () => {
    operations.start.unbindStore(storage);
    operations.asyncEnd.unsubscribe(onEnd);
  };
}
