import { type DocumentNode, type ExecutionResult, type GraphQLError, getOperationAST, type Kind } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import { toClientError } from '../errors.ts';
import {
  type OperationError,
  type OperationEvent,
  operations,
  type PhaseEvent,
  phases,
} from '../monitoring/channels.ts';
import type { Phase } from '../monitoring/timing.ts';
import { toDocumentId } from './documents/document-id.ts';
import { costOf } from './limits/use-cost.ts';
import { errorsOf, type Part } from './part-errors.ts';
import type { TimingContext } from './use-timing.ts';

const MAX_ERRORS = 10;

/**
 * Publishes each operation and its phases. Comes last, so that it sees results as they are sent.
 * @param isTrusted whether the document with this ID is trusted
 */
export function useOperationEvents(isTrusted: (documentId: string) => boolean): Plugin<TimingContext, TimingContext> {
  const events = new AttachedProperty<Request, OperationEvent>();
  /** Operations whose result is still being delivered. */
  const streaming = new WeakSet<OperationEvent>();
  const contexts = new AttachedProperty<object, PhaseEvent>();
  const trustedIdOf = createTrustedIdOf(isTrusted);

  return {
    instrumentation: {
      operation: ({ request }, operate) => {
        const event: OperationEvent = {
          start: performance.now(),
          headers: request.headers,
          errorCount: 0,
          errors: [],
        };
        events.set(request, event);
        return operations.start.runStores(event, async () => {
          try {
            await operate();
          } catch (error) {
            addErrors(event, [toClientError(error)]);
            throw error;
          } finally {
            if (!streaming.has(event)) operations.asyncEnd.publish(event);
          }
        });
      },
      parse: (_, parse) => inPhase('parse', parse),
      validate: (_, validate) => inPhase('validate', validate),
      context: ({ context }, build) => {
        const event: PhaseEvent = { phase: 'context' };
        contexts.set(context, event);
        phases.start.runStores(event, build);
      },
      execute: (_, execute) => phases.tracePromise(async () => execute(), { phase: 'execute' }),
      subscribe: (_, subscribe) => phases.tracePromise(async () => subscribe(), { phase: 'execute' }),
    },
    onParse: ({ context }) => {
      return ({ result }) => {
        const event = events.get(context.request);
        const operation = isDocument(result) ? getOperationAST(result, context.params.operationName) : undefined;
        if (!event || !isDocument(result) || !operation) return;
        event.type = operation.operation;
        event.name = operation.name?.value;
        event.documentId = trustedIdOf(result);
      };
    },
    // Building the context is asynchronous, and its instrumentation is not.
    onContextBuilding: ({ context }) => {
      return () => {
        const event = contexts.get(context);
        if (event) phases.asyncEnd.publish(event);
      };
    },
    onExecutionResult({ request, result, context, setResult }) {
      const event = events.get(request);
      if (!event || !result) return;
      event.phases = context.timing.phases;
      if (!isAsyncIterable(result)) return addPart(event, result as ExecutionResult);
      streaming.add(event);
      setResult(untilOver(result as AsyncIterable<ExecutionResult>, event));
    },
  };
}

async function* untilOver(parts: AsyncIterable<ExecutionResult>, event: OperationEvent) {
  try {
    for await (const part of parts) {
      addPart(event, part);
      yield part;
    }
  } finally {
    operations.asyncEnd.publish(event);
  }
}

function inPhase(phase: Phase, work: () => void): void {
  const event: PhaseEvent = { phase };
  try {
    phases.start.runStores(event, work);
  } finally {
    phases.asyncEnd.publish(event);
  }
}

/** Creates a function that returns the ID of a document if it is trusted, and computes it once per document. */
function createTrustedIdOf(isTrusted: (documentId: string) => boolean) {
  const ids = new WeakMap<DocumentNode, string | undefined>();
  return (document: DocumentNode): string | undefined => {
    if (!ids.has(document)) {
      const id = toDocumentId(document.loc?.source.body ?? '');
      ids.set(document, isTrusted(id) ? id : undefined);
    }
    return ids.get(document);
  };
}

function isDocument(result: unknown): result is DocumentNode {
  return (result as DocumentNode | null)?.kind === ('Document' satisfies `${Kind.DOCUMENT}`);
}

function addPart(event: OperationEvent, part: Part): void {
  addErrors(event, errorsOf(part));
  event.cost ??= costOf(part);
}

function addErrors(event: OperationEvent, errors: readonly GraphQLError[]): void {
  event.errorCount += errors.length;
  event.errors.push(...errors.slice(0, MAX_ERRORS - event.errors.length).map(toOperationError));
}

function toOperationError({ path, extensions }: GraphQLError): OperationError {
  const code = typeof extensions?.['code'] === 'string' ? extensions['code'] : '_OTHER';
  return { code, ...(path && { path: toText(path) }) };
}

/** `catalogue.books[0].price`. */
function toText(path: readonly (string | number)[]): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at > 0 ? `.${key}` : key)).join('');
}
