import type { MIMEType } from 'node:util';
import { isUtf8, mediaTypeOf, tokensOf } from '../header-fields.ts';
import { badRequest } from './bad-request.ts';

/** Any of these headers, with any value, proves that no form or link of another page sent the request. */
export const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-gather-preflight', 'x-apollo-operation-name'];

/** Whether a request declares a JSON body, which no form or link of another page can do either. */
export function isJson(request: Request): boolean {
  return typeOf(request)?.essence === 'application/json';
}

/** Whether a request has one of the `PREFLIGHT_HEADERS`. */
export function hasPreflight({ headers }: Request): boolean {
  return PREFLIGHT_HEADERS.some((name) => headers.get(name));
}

/** Whether the cookies of a request count: no form or link of another page can have sent it. */
export function mayHaveCookies(request: Request): boolean {
  return isJson(request) || hasPreflight(request);
}

/** The media type of the request's body. */
export function typeOf({ headers }: Request): MIMEType | undefined {
  return mediaTypeOf(headers.get('content-type'));
}

/** @throws 415 if the body is not JSON in UTF-8, the only encoding of JSON: https://www.rfc-editor.org/rfc/rfc8259#section-8.1 */
export function assertJson(request: Request): void {
  const type = typeOf(request);
  if (type?.essence === 'application/json' && isUtf8(type)) return;
  const given = request.headers.get('content-type')?.slice(0, 200) || 'none';
  const message = `Expected a body with the Content-Type application/json, in UTF-8, got ${given}.`;
  throw badRequest(415, message, { Accept: 'application/json' });
}

/** @throws 415 if the body is compressed, which is not supported */
export function assertNotCoded({ headers }: Request): void {
  const codings = tokensOf(headers.get('content-encoding')).filter((coding) => coding !== 'identity');
  if (codings.length === 0) return;
  const message = `Expected a body without a Content-Encoding, got ${codings.join(', ').slice(0, 200)}.`;
  throw badRequest(415, message, { 'Accept-Encoding': 'identity' });
}
