import type { Check, ServiceClient } from 'gather';

/** How many ISBNs the services take at a time. */
const MAX_ISBNS = 100;
/** Many servers refuse a request line of more than 8 KB. */
const MAX_LIST_LENGTH = 6000;

/** What a service says of each ISBN, or why it could not be asked. An ISBN that it does not know is absent. */
export type ByIsbn<Value> = Map<string, Value | Error>;

interface QuestionByIsbn<Body, Value> {
  /** What the query is asked of: `/ratings`. */
  path: string;
  /** Its name in timings, after that of the service. */
  call: string;
  check: Check<Body>;
  /** The values in a body that was checked. */
  valuesOf: (body: Body) => Readonly<Record<string, Value>>;
}

/** Asks a service about any number of ISBNs, in calls of as many as it takes, all at the same time. */
export async function askByIsbn<Body, Value>(
  upstream: ServiceClient,
  { path, call, check, valuesOf }: QuestionByIsbn<Body, Value>,
  isbns: readonly string[],
  signal: AbortSignal,
): Promise<ByIsbn<Value>> {
  const ask = async (list: readonly string[]): Promise<[string, Value | Error][]> => {
    try {
      const query = list.map(encodeURIComponent).join(',');
      const body = await upstream.get(`${path}?isbns=${query}`, { call, keys: list.length, signal, check });
      return Object.entries(valuesOf(body));
    } catch (error) {
      return list.map((isbn) => [isbn, error as Error]);
    }
  };
  return new Map((await Promise.all(toLists(isbns).map(ask))).flat());
}

function toLists(isbns: readonly string[]): string[][] {
  const lists: string[][] = [];
  let length = 0;
  for (const isbn of isbns) {
    const added = encodeURIComponent(isbn).length + 1;
    const last = lists.at(-1);
    if (last && last.length < MAX_ISBNS && length + added <= MAX_LIST_LENGTH) {
      last.push(isbn);
      length += added;
    } else {
      lists.push([isbn]);
      length = added;
    }
  }
  return lists;
}
