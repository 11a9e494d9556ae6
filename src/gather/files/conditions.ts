import type { IncomingHttpHeaders } from 'node:http';

/** The validators that identify a version of a file. */
export interface Validators {
  /** Quoted and strong: the same tag means the same bytes. */
  etag: string;
  /** As in `Last-Modified`, to the second. */
  lastModified: string;
}

const ENTITY_TAG = /(W\/)?("[^"]*")/g;
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** Evaluates the preconditions of a GET or HEAD in the order of RFC 9110, section 13.2.2. */
export function checkConditions(
  headers: IncomingHttpHeaders,
  validators: Validators,
): 'send' | 'not modified' | 'precondition failed' {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  const isRefused =
    ifMatch === undefined
      ? isModifiedSince(validators, headers['if-unmodified-since']) === true
      : !isAmong(ifMatch, validators, 'strong');
  if (isRefused) return 'precondition failed';
  const isKnown =
    ifNoneMatch === undefined
      ? isModifiedSince(validators, headers['if-modified-since']) === false
      : isAmong(ifNoneMatch, validators, 'weak');
  return isKnown ? 'not modified' : 'send';
}

/** Whether `If-Range` holds, so that a range may be sent: section 13.1.5. */
export function isRangeCurrent({ 'if-range': ifRange }: IncomingHttpHeaders, validators: Validators): boolean {
  // The bytes under a key never change, so the date is as strong as the tag.
  return ifRange === undefined || ifRange === validators.etag || ifRange === validators.lastModified;
}

function isAmong(list: string, { etag }: Validators, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  return [...list.matchAll(ENTITY_TAG)].some(([, weak, tag]) => tag === etag && (comparison === 'weak' || !weak));
}

/** undefined if the header is missing or to be ignored because it is not a date. */
function isModifiedSince({ lastModified }: Validators, header = ''): boolean | undefined {
  if (!WEEKDAY.test(header)) return undefined;
  // The oldest of the three date formats has no time zone.
  const since = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`);
  return Number.isNaN(since) ? undefined : Date.parse(lastModified) > since;
}
