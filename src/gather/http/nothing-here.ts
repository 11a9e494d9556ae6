import type { IncomingMessage } from 'node:http';
import type { Fault } from './refuse.ts';
import { shown } from './shown.ts';

/** The refusal of a request for a path that the server does not have. @param segments the first segments of those it has */
export function nothingHere({ url = '' }: IncomingMessage, segments: Iterable<string>): Fault {
  const paths = [...segments].filter(Boolean).map((segment) => `/${segment}`);
  const [, segment = '', ...rest] = url.replace(/[?#].*/s, '').split('/');
  // The rest of it may be a secret, such as a token with a mistyped path in front.
  const got = shown(`/${segment}`) + (rest.length > 0 ? ' and more' : '');
  const message = `Expected one of the paths ${paths.join(', ')}, got ${got}. At / there is a page for browsers.`;
  return { status: 404, code: 'NOT_FOUND', message };
}
