import type { BulkPlan, Key } from './bulk.ts';
import type { RequestValues } from './request.ts';

/** Many servers refuse a request line of more than 8 KB. */
const MAX_QUERY_LENGTH = 6000;

/** Where the values of keys come from. */
interface KeySource {
  plan: BulkPlan;
  /** Most requests under way at a time. */
  concurrency: number;
  send(values: RequestValues, keys: number): Promise<unknown>;
}

/**
 * Reads the values of any number of keys, in concurrent requests of as many keys as one may have.
 * @returns one result per key, by its text: null if there is none, the error of its request if that failed
 */
export async function readByKey(source: KeySource, keys: readonly Key[]): Promise<ReadonlyMap<string, unknown>> {
  const { plan, concurrency } = source;
  const results = new Map<string, unknown>();
  const accepted = keys.filter((key) => {
    const text = String(key);
    if (results.has(text)) return false;
    results.set(text, null);
    return plan.accepts(key);
  });
  const chunks = toChunks(accepted, plan);
  const left = chunks.values();
  const readSome = async () => {
    for (const chunk of left) {
      try {
        plan.setValues(results, chunk, await source.send(plan.toRequest(chunk), chunk.length));
      } catch (error) {
        for (const key of chunk) results.set(String(key), error);
      }
    }
  };
  const readers = chunks.slice(0, concurrency).map(readSome);
  for (const reader of readers) await reader;
  return results;
}

/** Splits keys by the number that a request may have, and by the length of its URL. */
function toChunks(keys: readonly Key[], { max, lengthOf }: BulkPlan): Key[][] {
  const chunks: Key[][] = [];
  let first = 0;
  let length = 0;
  keys.forEach((key, index) => {
    const added = lengthOf(key);
    length += added;
    if (index - first < max && length <= MAX_QUERY_LENGTH) return;
    if (index > first) chunks.push(keys.slice(first, index));
    first = index;
    length = added;
  });
  if (keys.length > first) chunks.push(keys.slice(first));
  return chunks;
}
