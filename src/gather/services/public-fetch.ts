import { lookup as systemLookup } from 'node:dns/promises';
import { call } from '../calls.ts';
import { Deadline } from '../concurrency/deadline.ts';
import { GatherError } from '../errors.ts';
import { invalid, timedOut } from './errors.ts';
import { createPublicHosts, type Lookup } from './public-hosts.ts';
import { toPublicUrl } from './public-url.ts';
import { type Fetched, questionOf, visit } from './public-visit.ts';

/** What fetching a user's URL may cost, and where it may lead. */
export interface PublicFetchOptions {
  /** For all of it: looking up names and following redirects included. */
  timeoutMs: number;
  /** How much of an answer is read, both as it comes and decoded. */
  maxBytes: number;
  maxRedirects: number;
  /** Hosts that may be fetched from although they are not public, as {@link createPublicHosts} reads them. */
  allowed: readonly string[];
  /** How names are found. @default as the operating system finds them */
  lookup?: Lookup | undefined;
}

/** Fetches what users ask for, over connections that are not kept. */
export interface PublicFetch {
  /**
   * Sends a GET, to any port, and follows redirects, also those from https to http. Never asks an address that is
   * neither public nor allowed: each address of each host on the way is checked before a connection is made, and the
   * address of the connection again.
   *
   * Throws `GatherError`: INVALID_INPUT for a URL that is refused, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE, and
   * UPSTREAM_INVALID for an answer that cannot be read. Rejects with the reason of the signal when that aborts.
   */
  fetch(url: string, signal: AbortSignal): Promise<Fetched>;
  /** Ends every fetch under way, and each later one, with UPSTREAM_UNAVAILABLE. */
  close(): Promise<void>;
}

/** Creates the client for URLs of users. Throws where `allowed` cannot be read. */
export function createPublicFetch(options: PublicFetchOptions): PublicFetch {
  const { timeoutMs, maxBytes, maxRedirects, allowed, lookup = lookUp } = options;
  const hosts = createPublicHosts(allowed, lookup);
  const stopping = new AbortController();

  async function fetch(text: string, signal: AbortSignal): Promise<Fetched> {
    const url = toPublicUrl(text);
    return call({ kind: 'http', name: 'public.fetch', keys: 1, signal }, () => fetchInTime(url, signal));
  }

  async function fetchInTime(url: URL, signal: AbortSignal): Promise<Fetched> {
    using deadline = new Deadline(timeoutMs, () => timedOut(questionOf(url), timeoutMs));
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
      if (left === 0) throw invalid(questionOf(url), 'one more redirect', `at most ${maxRedirects}`);
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

function lookUp(hostname: string) {
  return systemLookup(hostname, { all: true });
}

/** The URL that a refusal names is not the one that the user gave. */
function redirected(from: URL, error: unknown): unknown {
  if (!(error instanceof GatherError) || error.code !== 'INVALID_INPUT') return error;
  return new GatherError('INVALID_INPUT', `${from.host} redirects elsewhere. ${error.message}`, { cause: error });
}
