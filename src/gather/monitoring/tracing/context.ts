import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';

/** OpenTelemetry's context, in a store that channels bind: what they run is inside of the spans that listeners start. */
export class ContextStore implements ContextManager {
  readonly storage = new AsyncLocalStorage<unknown>();

  active(): Context {
    return (this.storage.getStore() as Context | undefined) ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.storage.run(context, () => work.apply(self, args));
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target;
    return this.storage.run(context, () => AsyncLocalStorage.bind(target as never)) as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }
}

/** The trace of an operation. */
export interface OperationTrace {
  span: Span;
  /** Inside of its span. */
  context: Context;
  /** By path. */
  fields: Map<string, FieldTrace>;
}

/** The trace of a field, for all objects of its list together. It has a span if it asks a loader or a source. */
export interface FieldTrace {
  /** `Book.currentPrice`. */
  coordinate: string;
  /** Starts the span if it has not started. */
  span(): Span;
  /** Ends the span if it has started. */
  end(): void;
}

export const OPERATION = createContextKey('gather operation');
export const FIELD = createContextKey('gather field');

/** The operation that a context is inside of, if it is recorded. */
export function operationOf(context: Context): OperationTrace | undefined {
  const operation = context.getValue(OPERATION) as OperationTrace | undefined;
  return operation?.span.isRecording() ? operation : undefined;
}

export function fieldOf(context: Context): FieldTrace | undefined {
  return context.getValue(FIELD) as FieldTrace | undefined;
}

/** The context inside of the span that asks: the field's, if a field does. */
export function askingContext(context: Context): Context {
  const field = fieldOf(context);
  return field ? trace.setSpan(context.deleteValue(FIELD), field.span()) : context;
}
