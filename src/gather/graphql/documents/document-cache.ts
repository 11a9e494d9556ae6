import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/**
 * An upper bound: documents of 6 to 2,000 tokens that had run once took 220 to 430 bytes per token, most of it tokens and
 * AST nodes, the rest data derived from them.
 */
const BYTES_PER_TOKEN = 500;
/** Memory per character, unless the whole text is Latin-1. */
const BYTES_PER_CHARACTER = 2;
/** An error with its stack, or the smallest document. */
const BYTES_PER_ENTRY = 5000;

/**
 * Caches parse results, documents or errors, by query text. It is bounded by estimated bytes of memory; Yoga's own cache
 * counts documents, and a dozen of a megabyte would fill the memory. Data kept per document in WeakMaps is freed with it.
 */
export function createDocumentCache<Value extends DocumentNode | Error>(maxBytes: number): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: (value, text) =>
      BYTES_PER_ENTRY + BYTES_PER_CHARACTER * text.length + BYTES_PER_TOKEN * countTokens(value),
  });
}

/** Includes comments, which are linked to the other tokens. */
function countTokens(value: DocumentNode | Error): number {
  let count = 0;
  if ('loc' in value) for (let token = value.loc?.startToken; token; token = token.next ?? undefined) count++;
  return count;
}
