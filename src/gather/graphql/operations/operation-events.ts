import type { DocumentNode, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../../attached-property.ts';
import { toClientError } from '../../errors.ts';
import { type OperationError, type OperationEvent, operations } from '../../monitoring/channels.ts';
import { toDocumentId } from '../documents/document-id.ts';
import type { Operation } from './operation.ts';

const MAX_ERRORS = 10;

/** Publishes operations for metrics and traces. */
export class OperationEvents {
  readonly #events = new AttachedProperty<Request, OperationEvent>();
  /** Operations whose result is still being delivered. */
  readonly #streaming = new WeakSet<OperationEvent>();
  readonly #trustedIdOf: (document: DocumentNode) => string | undefined;
  /** Begins to publish each operation, and ends it unless it is answered in parts. */
  readonly plugin: Plugin;

  /** @param isTrusted whether the document with this ID is trusted */
  constructor(isTrusted: (documentId: string) => boolean) {
    this.#trustedIdOf = createTrustedIdOf(isTrusted);
    this.plugin = { instrumentation: { operation: ({ request }, operate) => this.#publish(request, operate) } };
  }

  /** Describes an operation whose document is known. */
  describe({ request, document, definition }: Operation): void {
    const event = this.#events.get(request);
    if (!event || !document || !definition) return;
    event.type = definition.operation;
    event.name = definition.name?.value;
    event.documentId = this.#trustedIdOf(document);
  }

  addErrors({ request }: Operation, errors: readonly GraphQLError[]): void {
    const event = this.#events.get(request);
    if (event) addErrors(event, errors);
  }

  /** Adds what is known at the end of an operation. */
  settle({ request, timing, charge }: Operation): void {
    const event = this.#events.get(request);
    if (event) Object.assign(event, { phases: timing.phases, cost: charge?.cost });
  }

  /** Lets an operation go on until `endParts`. */
  beginParts({ request }: Operation): void {
    const event = this.#events.get(request);
    if (event) this.#streaming.add(event);
  }

  endParts({ request }: Operation): void {
    const event = this.#events.get(request);
    if (event) operations.asyncEnd.publish(event);
  }

  #publish(request: Request, operate: () => Promise<void> | void): Promise<void> {
    const event: OperationEvent = { start: performance.now(), headers: request.headers, errorCount: 0, errors: [] };
    this.#events.set(request, event);
    return operations.start.runStores(event, async () => {
      try {
        await operate();
      } catch (error) {
        addErrors(event, [toClientError(error)]);
        throw error;
      } finally {
        if (!this.#streaming.has(event)) operations.asyncEnd.publish(event);
      }
    });
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
