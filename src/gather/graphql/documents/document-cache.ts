import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/**
 * More than was measured of documents of 6 to 2,000 tokens that had run once: 220 to 430, of which most are the tokens and
 * the nodes made of them, and the rest what is worked out of these.
 */
const BYTES_PER_TOKEN = 500;
/** In memory, unless all of the text is Latin. */
const BYTES_PER_CHARACTER = 2;
/** An error with its stack, or the smallest document. */
const BYTES_PER_ENTRY = 5000;

/**
 * Caches parse results, documents or errors, by query text. It is bounded by
 * the bytes of memory that it takes, as estimated: Yoga's own counts documents, and a dozen of a megabyte would fill the
 * memory. What is kept beside a document elsewhere goes with it.
 */
export function createDocumentCache<Value extends DocumentNode | Error>(maxBytes: number): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: (value, text) =>
      BYTES_PER_ENTRY + BYTES_PER_CHARACTER * text.length + BYTES_PER_TOKEN * countTokens(value),
  });
}

/** Comments too, which are linked to the other tokens. */
function countTokens(value: DocumentNode | Error): number {
  let count = 0;
  if ('loc' in value) for (let token = value.loc?.startToken; token; token = token.next ?? undefined) count++;
  return count;
}
