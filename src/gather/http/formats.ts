import type { Accept } from '../header-fields.ts';
import { acceptOf, EVENTS, MULTIPART, PARTS, WHOLE } from './accept.ts';
import { badRequest } from './bad-request.ts';
import { shown } from './shown.ts';

/** The media types of an answer. */
export interface Formats {
  /** In one piece. */
  whole: string;
  /** In parts. */
  parts: string;
}

/** Of a refusal, as long as it is not known what the client accepts. */
export const DEFAULT_FORMATS: Formats = { whole: 'application/json', parts: EVENTS };

/** Clients of one kind share the parsed header. */
const known = new WeakMap<Accept, Formats>();

/** What the client of a request wants most. @throws 406 if it accepts nothing that there is */
export function formatsOf(request: Request): Formats {
  const accept = acceptOf(request);
  const found = known.get(accept);
  if (found) return found;
  const formats = toFormats(accept);
  if (!formats) throw notAcceptable(request, [...WHOLE, ...PARTS].join(', '));
  known.set(accept, formats);
  return formats;
}

/** Those of a subscription, which comes as events; its refusal may not. */
export function formatsOfEvents(request: Request): Formats {
  const accept = acceptOf(request);
  const [whole = accept.weightOf(EVENTS) > 0 ? EVENTS : DEFAULT_FORMATS.whole] = accept.select(WHOLE);
  return { whole, parts: EVENTS };
}

/** @throws 406 for a subscription whose client does not accept events */
export function assertAcceptsEvents(request: Request): void {
  if (acceptOf(request).weightOf(EVENTS) === 0) throw notAcceptable(request, `${EVENTS} for a subscription`);
}

function toFormats(accept: Accept): Formats | undefined {
  const [most, ...others] = accept.select([...WHOLE, ...PARTS]);
  if (most === undefined) return undefined;
  const weight = accept.weightOf(MULTIPART);
  const parts = weight > 0 && weight >= accept.weightOf(EVENTS) ? MULTIPART : EVENTS;
  return { whole: [most, ...others].find((type) => WHOLE.includes(type)) ?? parts, parts };
}

function notAcceptable(request: Request, expected: string) {
  return badRequest(406, `Expected an Accept of ${expected}, got ${shown(request.headers.get('accept') ?? '')}.`);
}
