import { createContextKey, type Link, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { AttachedProperty } from '../../attached-property.ts';
import { type BatchEvent, batches, type LoadEvent, loads } from '../channels.ts';
import { fieldOf, operationOf } from './context.ts';
import type { SpanSource } from './tracing.ts';

/** Who asked for the keys of the next batch of a loader. */
interface Asked {
  /** `performance.now()` of the first load. */
  start: number;
  links: Map<Span, Link>;
}

const BATCH = createContextKey('gather batch');

/** A span per batch of a loader, from its first load, with links to the fields and batches that asked. */
export function traceBatches({ tracer, storage, active, time }: SpanSource): () => void {
  const asked = new WeakMap<object, Asked>();
  const spans = new AttachedProperty<object, Span>();

  const onLoad = (message: unknown) => {
    const { cache, isHit } = message as LoadEvent;
    const context = active();
    if (isHit || !operationOf(context)) return;
    const next = asked.get(cache) ?? { start: performance.now(), links: new Map() };
    asked.set(cache, next);
    const field = fieldOf(context);
    const asking = field?.span() ?? (context.getValue(BATCH) as Span | undefined);
    if (!asking || next.links.has(asking)) return;
    const attributes = field && { attributes: { 'graphql.selection.field.coordinate': field.coordinate } };
    next.links.set(asking, { context: asking.spanContext(), ...attributes });
  };

  batches.start.bindStore(storage, (event) => {
    const operation = operationOf(active());
    if (!operation) return active();
    const { start, links } = asked.get(event.cache) ?? { start: performance.now(), links: new Map<Span, Link>() };
    asked.delete(event.cache);
    const options = {
      startTime: time(start),
      links: [...links.values()],
      attributes: {
        'graphql.processing.type': 'dataloader_batch',
        'graphql.dataloader.name': event.loader,
        'graphql.dataloader.batch.size': event.keys,
      },
    };
    const span = tracer.startSpan(`GraphQL DataLoader Batch ${event.loader}`, options, operation.context);
    spans.set(event, span);
    return trace.setSpan(operation.context, span).setValue(BATCH, span);
  });
  const onError = (message: unknown) =>
    void spans.get(message as BatchEvent)?.setStatus({ code: SpanStatusCode.ERROR });
  const onEnd = (message: unknown) => spans.get(message as BatchEvent)?.end(time());
  loads.subscribe(onLoad);
  batches.error.subscribe(onError);
  batches.asyncEnd.subscribe(onEnd);
  return () => {
    loads.unsubscribe(onLoad);
    batches.start.unbindStore(storage);
    batches.error.unsubscribe(onError);
    batches.asyncEnd.unsubscribe(onEnd);
  };
}
