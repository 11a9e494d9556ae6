import { Buffer } from 'node:buffer';
import { LRUCache } from 'lru-cache';

const MAX_BYTES = 4_000_000;
/** Memory of an entry besides its text. */
const ENTRY_BYTES = 400;

/** An LRU cache of the documents that clients have sent, by ID. */
export class SentDocuments {
  readonly #texts = new LRUCache<string, string>({
    maxSize: MAX_BYTES,
    sizeCalculation: (text) => ENTRY_BYTES + 2 * text.length,
  });

  find(id: string): string | undefined {
    return this.#texts.get(id);
  }

  keep(id: string, text: string): void {
    // Copied: a substring of a URL would keep the whole URL in memory.
    this.#texts.set(id, Buffer.from(text).toString());
  }
}
