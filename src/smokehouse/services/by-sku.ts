import type { Check, ServiceClient } from 'gather';

/** The maximum number of SKUs per call. */
const MAX_SKUS = 100;
/** Many servers refuse a request line of more than 8 KB. */
const MAX_LIST_LENGTH = 6000;

/** The value of each SKU, or the error of its call. A SKU that the service does not know is absent. */
export type BySku<Value> = Map<string, Value | Error>;

interface BulkRequest<Body, Value> {
  /** The path without its query: `/prices`. */
  path: string;
  /** Its name in timings, after the service's. */
  call: string;
  check: Check<Body>;
  /** The values in a checked body, by SKU. */
  valuesOf: (body: Body) => Readonly<Record<string, Value>>;
}

/** Gets the values of any number of SKUs, in concurrent calls of up to 100. */
export async function getBySku<Body, Value>(
  client: ServiceClient,
  { path, call, check, valuesOf }: BulkRequest<Body, Value>,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<BySku<Value>> {
  const get = async (batch: readonly string[]): Promise<[string, Value | Error][]> => {
    try {
      const query = batch.map(encodeURIComponent).join(',');
      const body = await client.get(`${path}?skus=${query}`, { call, keys: batch.length, signal, check });
      return Object.entries(valuesOf(body));
    } catch (error) {
      return batch.map((sku) => [sku, error as Error]);
    }
  };
  return new Map((await Promise.all(toBatches(skus).map(get))).flat());
}

function toBatches(skus: readonly string[]): string[][] {
  const batches: string[][] = [];
  let length = 0;
  for (const sku of skus) {
    const added = encodeURIComponent(sku).length + 1;
    const last = batches.at(-1);
    if (last && last.length < MAX_SKUS && length + added <= MAX_LIST_LENGTH) {
      last.push(sku);
      length += added;
    } else {
      batches.push([sku]);
      length = added;
    }
  }
  return batches;
}
