import type { Check, ServiceClient } from 'gather';

/** How many SKUs the services take at a time. */
const MAX_SKUS = 100;
/** Many servers refuse a request line of more than 8 KB. */
const MAX_LIST_LENGTH = 6000;

/** What a service says of each SKU, or why it could not be asked. A SKU that it does not know is absent. */
export type BySku<Value> = Map<string, Value | Error>;

interface QuestionBySku<Body, Value> {
  /** What the query is asked of: `/prices`. */
  path: string;
  /** Its name in timings, after that of the upstream. */
  call: string;
  check: Check<Body>;
  /** The values in a body that was checked. */
  valuesOf: (body: Body) => Readonly<Record<string, Value>>;
}

/** Asks a service about any number of SKUs, in calls of as many as it takes, all at the same time. */
export async function askBySku<Body, Value>(
  upstream: ServiceClient,
  { path, call, check, valuesOf }: QuestionBySku<Body, Value>,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<BySku<Value>> {
  const ask = async (list: readonly string[]): Promise<[string, Value | Error][]> => {
    try {
      const query = list.map(encodeURIComponent).join(',');
      const body = await upstream.get(`${path}?skus=${query}`, { call, keys: list.length, signal, check });
      return Object.entries(valuesOf(body));
    } catch (error) {
      return list.map((sku) => [sku, error as Error]);
    }
  };
  return new Map((await Promise.all(toLists(skus).map(ask))).flat());
}

function toLists(skus: readonly string[]): string[][] {
  const lists: string[][] = [];
  let length = 0;
  for (const sku of skus) {
    const added = encodeURIComponent(sku).length + 1;
    const last = lists.at(-1);
    if (last && last.length < MAX_SKUS && length + added <= MAX_LIST_LENGTH) {
      last.push(sku);
      length += added;
    } else {
      lists.push([sku]);
      length = added;
    }
  }
  return lists;
}
