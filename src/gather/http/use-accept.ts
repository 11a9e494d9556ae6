import type { Plugin } from 'graphql-yoga';
import type { Accept } from '../header-fields.ts';
import { acceptOf, EVENTS, PARTS, WHOLE } from './accept.ts';
import { badRequest } from './bad-request.ts';
import { shown } from './shown.ts';

const [MULTIPART = ''] = PARTS;

/**
 * Rewrites `Accept` as a plain list of the acceptable types, most wanted first: Yoga understands no weights, quotes or
 * spaces. Answers 406 if nothing is acceptable, before any other work.
 */
export function useAccept(): Plugin {
  const lists = new WeakMap<Accept, string>();
  return {
    onRequestParse({ request }) {
      const given = request.headers.get('accept');
      if (!given || given === '*/*') return;
      const accept = acceptOf(request);
      const list = lists.get(accept) ?? toList(accept);
      lists.set(accept, list);
      if (list === '') {
        throw notAcceptable(request, `Expected an Accept of ${[...WHOLE, ...PARTS].join(', ')}, got ${shown(given)}.`);
      }
      request.headers.set('accept', list);
    },
  };
}

/** Makes Yoga answer a subscription with events, and refusals with JSON if its client accepts that. @throws 406 */
export function preferEvents(request: Request): void {
  const accept = acceptOf(request);
  if (accept.weightOf(EVENTS) === 0) {
    const given = shown(request.headers.get('accept') ?? '');
    throw notAcceptable(request, `Expected an Accept of ${EVENTS} for a subscription, got ${given}.`);
  }
  request.headers.set('accept', accept.select([...WHOLE, EVENTS]).join(', '));
}

function notAcceptable(request: Request, message: string) {
  // Yoga would answer without a body.
  request.headers.set('accept', WHOLE.join(', '));
  return badRequest(406, message);
}

/** The acceptable types, empty if there are none. */
function toList(accept: Accept): string {
  const acceptable = accept.select([...WHOLE, ...PARTS]);
  // Yoga picks multipart over events, even if the client prefers events.
  const prefersEvents = accept.weightOf(EVENTS) > accept.weightOf(MULTIPART);
  return acceptable.filter((type) => !prefersEvents || type !== MULTIPART).join(', ');
}
