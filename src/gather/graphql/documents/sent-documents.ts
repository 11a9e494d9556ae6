import { Buffer } from 'node:buffer';
import { LRUCache } from 'lru-cache';

const MAX_BYTES = 4_000_000;
/** What a document takes besides its text: its ID, and its place. */
const PLACE_BYTES = 400;

/** The documents that clients have sent, by their IDs: those of them that were used last. */
export class SentDocuments {
  readonly #texts = new LRUCache<string, string>({
    maxSize: MAX_BYTES,
    sizeCalculation: (text) => PLACE_BYTES + 2 * text.length,
  });

  find(id: string): string | undefined {
    return this.#texts.get(id);
  }

  keep(id: string, text: string): void {
    // As it is, a text that was cut out of a URL would hold all of the URL in memory.
    this.#texts.set(id, Buffer.from(text).toString());
  }
}
