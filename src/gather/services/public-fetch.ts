import { lookup as systemLookup } from 'node:dns/promises';
import { call } from '../calls.ts';
import { Deadline } from '../concurrency/deadline.ts';
import { GatherError } from '../errors.ts';
import { invalid, timedOut } from './errors.ts';
import { createPublicHosts, type Lookup } from './public-hosts.ts';
import { toPublicUrl } from './public-url.ts';
import { type Fetched, labelOf, visit } from './public-visit.ts';

/** The limits of fetching URLs of users. */
export interface PublicFetchOptions {
  /** Of a whole fetch, with DNS lookups and redirects. */
  timeoutMs: number;
  /** Maximum size of an answer, both encoded and decoded. */
  maxBytes: number;
  maxRedirects: number;
  /** Hosts that may be fetched although they are not public; see {@link createPublicHosts}. */
  allowed: readonly string[];
  /** DNS lookup. @default the operating system's */
  lookup?: Lookup | undefined;
}

/** Fetches URLs of users, each over a connection of its own. */
export interface PublicFetch {
  /**
   * Sends a GET, to any port, and follows redirects, also from https to http. Connects only to addresses that are public
   * or allowed: every address of every host is checked before connecting, and the address of the connection again.
   *
   * @throws INVALID_INPUT for a refused URL, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE, UPSTREAM_INVALID for an unreadable
   *   answer; the signal's reason when it aborts
   */
  fetch(url: string, signal: AbortSignal): Promise<Fetched>;
  /** Rejects every fetch, under way or later, with UPSTREAM_UNAVAILABLE. */
  close(): Promise<void>;
}

/** Creates the client for URLs of users. @throws if an entry of `allowed` is invalid */
export function createPublicFetch(options: PublicFetchOptions): PublicFetch {
  const { timeoutMs, maxBytes, maxRedirects, allowed, lookup = lookUp } = options;
  const hosts = createPublicHosts(allowed, lookup);
  const stopping = new AbortController();

  async function fetch(text: string, signal: AbortSignal): Promise<Fetched> {
    const url = toPublicUrl(text);
    const description = { kind: 'http', method: 'GET', name: 'public.fetch', keys: 1, signal } as const;
    return call(description, () => fetchInTime(url, signal));
  }

  async function fetchInTime(url: URL, signal: AbortSignal): Promise<Fetched> {
    using deadline = new Deadline(timeoutMs, () => timedOut(labelOf(url), timeoutMs));
    deadline.endWith(signal).endWith(stopping.signal);
    return await deadline.wait((resolve, reject) => {
      const abort = new AbortController();
      follow(url, abort.signal).then(resolve, reject);
      return (reason) => abort.abort(reason);
    });
  }

  async function follow(start: URL, signal: AbortSignal): Promise<Fetched> {
    let url = start;
    let answer = await visit(hosts, url, maxBytes, signal);
    for (let left = maxRedirects; 'location' in answer; left--) {
      if (left === 0) throw invalid(labelOf(url), 'too many redirects', `at most ${maxRedirects}`);
      try {
        url = toPublicUrl(answer.location, url);
        answer = await visit(hosts, url, maxBytes, signal);
      } catch (error) {
        throw redirected(start, error);
      }
    }
    return answer;
  }

  async function close(): Promise<void> {
    stopping.abort(new GatherError('UPSTREAM_UNAVAILABLE', 'This server is stopping.', { retryable: true }));
  }

  return { fetch, close };
}

/**
 * Creates the check of a URL that a task is going to fetch: of all that can be told without looking its name up, which
 * takes time and one of libuv's few threads.
 * @throws if an entry of `allowed` is invalid
 */
export function createUrlCheck(allowed: readonly string[]): (url: string) => void {
  return createPublicHosts(allowed, lookUp).assertFetchable;
}

function lookUp(hostname: string) {
  return systemLookup(hostname, { all: true });
}

/** Adds the URL that the user gave to the refusal of a redirect. */
function redirected(from: URL, error: unknown): unknown {
  if (!(error instanceof GatherError) || error.code !== 'INVALID_INPUT') return error;
  return new GatherError('INVALID_INPUT', `${from.host} redirects elsewhere. ${error.message}`, { cause: error });
}
