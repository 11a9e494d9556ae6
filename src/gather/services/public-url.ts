import { GatherError } from '../errors.ts';

/** The longest URL that many servers and proxies accept. */
const MAX_LENGTH = 2000;
const MAX_SHOWN = 200;

/**
 * Parses the URL of a user or a redirect, relative to `base` if given. `URL` normalises every spelling of an IPv4 address
 * to the dotted one.
 * @throws INVALID_INPUT unless it is an http or https URL without credentials
 */
export function toPublicUrl(text: string, base?: URL): URL {
  if (text.length > MAX_LENGTH) throw refused(`a URL of at most ${MAX_LENGTH} characters`, `one of ${text.length}`);
  const url = URL.parse(text, base);
  // As JSON, because it may contain characters that PostgreSQL cannot store.
  if (!url) throw refused('a URL, such as https://example.com/data.json', shortened(JSON.stringify(text)));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refused('a URL that begins with http:// or https://', shortened(url.href));
  }
  if (url.username || url.password) {
    throw refused('a URL without credentials', `one with a user name or a password for ${url.host}`);
  }
  return url;
}

/** The host of a URL may not be fetched. @param reason a clause */
export function refusedHost(url: URL, reason: string): GatherError {
  return refused('the URL of a public host', `${shortened(url.href)}: ${reason}`);
}

function refused(expected: string, got: string): GatherError {
  return new GatherError('INVALID_INPUT', `Expected ${expected}, got ${got}.`, { field: 'url' });
}

function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
