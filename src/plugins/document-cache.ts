import { LRUCache } from 'lru-cache';

/** A parsed document takes about seventy times as many bytes as its text has characters. */
const MAX_CHARACTERS = 500_000;
const MAX_CHARACTERS_OF_ONE = 20_000;

/**
 * A cache of what came of documents by their texts. It is bounded by the length of the texts: Yoga's own counts
 * documents, and a dozen of a megabyte would fill the memory.
 */
export function createDocumentCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: MAX_CHARACTERS,
    maxEntrySize: MAX_CHARACTERS_OF_ONE,
    sizeCalculation: (_, text) => text.length,
  });
}
