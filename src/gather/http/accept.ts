import { LRUCache } from 'lru-cache';
import { AttachedProperty } from '../attached-property.ts';
import { Accept } from '../header-fields.ts';

/** Media types of a response in one piece; the first is the default. */
export const WHOLE = ['application/json', 'application/graphql-response+json'];
export const MULTIPART = 'multipart/mixed';
export const EVENTS = 'text/event-stream';
/** Media types of responses in parts. */
export const PARTS = [MULTIPART, EVENTS];
const FORMAT_OF_2022 = '20220824';

/** Clients of one kind send the same text, which takes as long to parse as a small query. */
const parsed = new LRUCache<string, Accept>({ max: 100 });
/** Characters of a longer one, which is not kept. */
const MAX_KEPT_LENGTH = 500;
const accepts = new AttachedProperty<Request, Accept>();

/** The parsed `Accept` header of a request, shared by all requests with the same text. */
export function acceptOf(request: Request): Accept {
  const known = accepts.get(request);
  if (known) return known;
  const text = request.headers.get('accept') ?? '';
  let accept = parsed.get(text);
  if (!accept) {
    accept = new Accept(text);
    if (text.length <= MAX_KEPT_LENGTH) parsed.set(text, accept);
  }
  accepts.set(request, accept);
  return accept;
}

/** The highest weight of a response in one piece. */
export function weightOfWhole(accept: Accept): number {
  return Math.max(...WHOLE.map((essence) => accept.weightOf(essence)));
}

/** The format of an incremental response: that of 2022 (`deferSpec=20220824`), or the current one (`incrementalSpec=v0.2`). */
export type PartsFormat = 'of 2022' | 'of today';

/** The format of the parts that a client accepts; undefined if it prefers a complete response or accepts no parts. */
export function formatOfParts(accept: Accept): PartsFormat | undefined {
  const ranges = accept.rangesFor(PARTS);
  const [{ weight } = { weight: 0 }] = ranges;
  if (weight === 0 || weight < weightOfWhole(accept)) return undefined;
  const wanted = ranges.filter((range) => range.weight === weight);
  return wanted.some(({ type }) => type.params.get('deferspec') === FORMAT_OF_2022) ? 'of 2022' : 'of today';
}
