import type { IncomingHttpHeaders } from 'node:http';

/** What tells one version of a file from another. */
export interface Validators {
  /** In its quotes, and strong: the same tag, the same bytes. */
  etag: string;
  /** As `Last-Modified` says it: whole seconds. */
  lastModified: string;
}

const ENTITY_TAG = /(W\/)?("[^"]*")/g;
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** Whether a GET or a HEAD is to be answered with the file, by the order of RFC 9110, section 13.2.2. */
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

/** Whether a part of the file fits what the client has of it already: section 13.1.5. */
export function isRangeCurrent({ 'if-range': ifRange }: IncomingHttpHeaders, validators: Validators): boolean {
  // A key's bytes never change, so that the date is as strong as the tag.
  return ifRange === undefined || ifRange === validators.etag || ifRange === validators.lastModified;
}

function isAmong(list: string, { etag }: Validators, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  return [...list.matchAll(ENTITY_TAG)].some(([, weak, tag]) => tag === etag && (comparison === 'weak' || !weak));
}

/** Undefined where the header is missing, or is not a date and so to be ignored. */
function isModifiedSince({ lastModified }: Validators, header = ''): boolean | undefined {
  if (!WEEKDAY.test(header)) return undefined;
  // The oldest of the three formats does not name the zone.
  const since = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`);
  return Number.isNaN(since) ? undefined : Date.parse(lastModified) > since;
}
