import type { DocumentNode, GraphQLError } from 'graphql';
import { toClientError } from '../../errors.ts';
import { type OperationError, type OperationEvent, operations } from '../../monitoring/channels.ts';
import { toDocumentId } from '../documents/document-id.ts';
import type { Operation } from './operation.ts';
import { isParts, type Result } from './part.ts';

const MAX_ERRORS = 10;

/** Publishes operations for metrics and traces. */
export class OperationEvents {
  readonly #trustedIdOf: (document: DocumentNode) => string | undefined;

  /** @param isTrusted whether the document with this ID is trusted */
  constructor(isTrusted: (documentId: string) => boolean) {
    this.#trustedIdOf = createTrustedIdOf(isTrusted);
  }

  /** Publishes an operation from now on until it is answered, or until `endParts` if that is in parts. */
  publish(operation: Operation, answer: () => Promise<Result>): Promise<Result> {
    const { headers } = operation.request;
    const event: OperationEvent = { start: performance.now(), headers, errorCount: 0, errors: [] };
    operation.event = event;
    return operations.start.runStores(event, async () => {
      try {
        const result = await answer();
        if (!isParts(result)) operations.asyncEnd.publish(event);
        return result;
      } catch (error) {
        addErrors(event, [toClientError(error)]);
        operations.asyncEnd.publish(event);
        throw error;
      }
    });
  }

  /** Describes an operation whose document is known. */
  describe({ event, document, definition }: Operation): void {
    if (!event || !document || !definition) return;
    event.type = definition.operation;
    event.name = definition.name?.value;
    event.documentId = this.#trustedIdOf(document);
  }

  addErrors({ event }: Operation, errors: readonly GraphQLError[]): void {
    if (event) addErrors(event, errors);
  }

  /** Adds what is known at the end of an operation. */
  settle({ event, timing, charge }: Operation): void {
    if (event) Object.assign(event, { phases: timing.phases, cost: charge?.cost });
  }

  endParts({ event }: Operation): void {
    if (event) operations.asyncEnd.publish(event);
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
