import type { Context, Span } from '@opentelemetry/api';
import { AttachedProperty } from '../../attached-property.ts';
import { type FieldEvent, fields } from '../channels.ts';
import { FIELD, type FieldTrace, operationOf } from './context.ts';
import type { SpanSource } from './tracing.ts';

/** A field, and when it was last at work. */
interface TracedField extends FieldTrace {
  /** The resolver runs inside of it. */
  context: Context;
  /** `performance.now()`. */
  lastEnd: number;
}

/**
 * A span per field that asks a loader or a source, for all objects of its list together: a span per resolver would be
 * hundreds in a page.
 */
export function traceFields({ tracer, storage, active, time }: SpanSource): () => void {
  const traced = new AttachedProperty<object, TracedField>();

  const create = ({ path, fieldName, parentType }: FieldEvent['info'], key: string, context: Context): TracedField => {
    const start = performance.now();
    const coordinate = `${parentType.name}.${fieldName}`;
    let span: Span | undefined;
    const field: TracedField = {
      coordinate,
      context,
      lastEnd: start,
      span: () => {
        const attributes = {
          'graphql.processing.type': 'resolve',
          'graphql.selection.name': `${path.key}`,
          'graphql.selection.path': key,
          'graphql.selection.field.name': fieldName,
          'graphql.selection.field.parent_type': parentType.name,
          'graphql.selection.field.coordinate': coordinate,
        };
        span ??= tracer.startSpan(coordinate, { startTime: time(start), attributes }, context.deleteValue(FIELD));
        return span;
      },
      end: () => span?.end(time(field.lastEnd)),
    };
    field.context = context.setValue(FIELD, field);
    return field;
  };

  fields.start.bindStore(storage, (event) => {
    const context = active();
    const operation = operationOf(context);
    if (!operation) return context;
    const key = withoutIndices(event.info.path);
    const field = (operation.fields.get(key) as TracedField | undefined) ?? create(event.info, key, context);
    operation.fields.set(key, field);
    traced.set(event, field);
    return field.context;
  });
  const onEnd = (message: unknown) => {
    const field = traced.get(message as object);
    if (field) field.lastEnd = performance.now();
  };
  fields.asyncEnd.subscribe(onEnd);
  return () => {
    fields.start.unbindStore(storage);
    fields.asyncEnd.unsubscribe(onEnd);
  };
}

/** `catalogue.books.price`, of any book. */
function withoutIndices(path: FieldEvent['info']['path']): string {
  const keys: string[] = [];
  for (let at: typeof path | undefined = path; at; at = at.prev) if (typeof at.key === 'string') keys.push(at.key);
  return keys.reverse().join('.');
}
