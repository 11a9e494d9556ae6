import { Accept } from '../header-fields.ts';

/** Media types of a response in one piece; the first is the default. */
export const WHOLE = ['application/json', 'application/graphql-response+json'];
/** Media types of incremental responses. */
export const EVENTS = 'text/event-stream';
export const PARTS = ['multipart/mixed', EVENTS];

const accepts = new WeakMap<Request, Accept>();

/** The parsed `Accept` header, cached per request. */
export function acceptOf(request: Request): Accept {
  let accept = accepts.get(request);
  if (!accept) {
    accept = new Accept(request.headers.get('accept'));
    accepts.set(request, accept);
  }
  return accept;
}

/** The highest weight of a response in one piece. */
export function weightOfWhole(accept: Accept): number {
  return Math.max(...WHOLE.map((essence) => accept.weightOf(essence)));
}
