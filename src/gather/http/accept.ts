import { Accept } from '../header-fields.ts';

/** Media types of a whole answer; the first is the default. */
export const WHOLE = ['application/json', 'application/graphql-response+json'];
/** Media types of an incremental answer. */
export const EVENTS = 'text/event-stream';
export const PARTS = ['multipart/mixed', EVENTS];

const accepts = new WeakMap<Request, Accept>();

/** What a request says that its client accepts. Read once for each. */
export function acceptOf(request: Request): Accept {
  let accept = accepts.get(request);
  if (!accept) {
    accept = new Accept(request.headers.get('accept'));
    accepts.set(request, accept);
  }
  return accept;
}

/** How much a whole answer is wanted. */
export function weightOfWhole(accept: Accept): number {
  return Math.max(...WHOLE.map((essence) => accept.weightOf(essence)));
}
