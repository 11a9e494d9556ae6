import { LRUCache } from 'lru-cache';
import { Accept } from '../header-fields.ts';

/** Media types of a response in one piece; the first is the default. */
export const WHOLE = ['application/json', 'application/graphql-response+json'];
/** Media types of incremental responses. */
export const EVENTS = 'text/event-stream';
export const PARTS = ['multipart/mixed', EVENTS];

/** Clients of one kind send the same text, which takes as long to parse as a small query. */
const parsed = new LRUCache<string, Accept>({ max: 100 });
const accepts = new WeakMap<Request, Accept>();

/** The parsed `Accept` header of a request as it was sent, shared by all requests with the same text. */
export function acceptOf(request: Request): Accept {
  const known = accepts.get(request);
  if (known) return known;
  const text = request.headers.get('accept') ?? '';
  const accept = parsed.get(text) ?? new Accept(text);
  parsed.set(text, accept);
  accepts.set(request, accept);
  return accept;
}

/** The highest weight of a response in one piece. */
export function weightOfWhole(accept: Accept): number {
  return Math.max(...WHOLE.map((essence) => accept.weightOf(essence)));
}
