import type { ExecutionResult } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import type { TokenBuckets } from '../concurrency/token-buckets.ts';
import type { Context } from '../context.ts';
import { GatherError, HTTP_STATUSES } from '../errors.ts';
import { throttled } from '../graphql/limits/charge.ts';
import { Refused } from '../graphql/limits/refusal.ts';
import type { Operation } from '../graphql/operations/operation.ts';
import { addressOf } from '../http/address.ts';
import { mayHaveCookies } from '../http/preflight.ts';
import type { MaskError } from '../monitoring/mask-errors.ts';
import type { Roles, Viewer } from '../viewer.ts';
import type { Accounts } from './accounts.ts';
import { endWithSession } from './end-with-session.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { Identities } from './viewer-from.ts';

/** What the context says of the viewer. */
type ViewerContext = Pick<Context, 'viewer' | 'roles' | 'address' | 'setCookie' | 'accounts'>;

interface ViewerOptions {
  accounts: Accounts;
  /** Asked before tokens and sessions, if the application identifies viewers. */
  identities: Identities | undefined;
  roles: Roles;
  /** The rate limits of viewers. */
  buckets: TokenBuckets;
  /** The number of proxies that add to `X-Forwarded-For`. */
  proxyHops: number;
  maskError: MaskError;
}

/** The credentials of a request. */
interface Proof {
  /** Empty if malformed. */
  token: string;
  isOfCookie: boolean;
}

const BEARER = /^Bearer +([\w\-.~+/]+=*)$/i;
/** Points that an invalid token costs its address. */
const POINTS = 10;

/**
 * Determines viewers as the application does, or from the token in `Authorization`, or from the cookie. An invalid token is
 * refused with 401, an invalid cookie is deleted, and either costs its address points. While an address has none left, its
 * tokens are checked one at a time: a valid one is accepted, an invalid one refused with 429. A viewer that cannot be
 * determined is anonymous, with a `failure`. A request without either waits only for the application.
 */
export class Viewers {
  readonly #options: ViewerOptions;

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  /** Adds the viewer to the context of an operation. @throws Refused for an invalid token */
  identify(operation: Operation): void | Promise<void> {
    const { request, context } = operation;
    const { accounts, identities, roles, proxyHops } = this.#options;
    // A caller in this process may have given it.
    const viewer: Viewer | undefined = context.viewer;
    const address = context.req ? addressOf(context.req, proxyHops) : 'this process';
    const setCookie = (cookie: string) => void operation.cookies.push(cookie);
    const added: ViewerContext = { viewer: viewer ?? roles.nobody, roles, address, setCookie, accounts };
    Object.assign(context, added);
    if (viewer) return undefined;
    const proof = readProof(request, accounts.cookie);
    return proof || identities ? this.#find(operation, proof) : undefined;
  }

  /** Passes on the events of a subscription while its viewer is signed in. */
  whileSignedIn(
    { context: { viewer }, findViewer }: Operation,
    events: AsyncIterable<ExecutionResult>,
  ): AsyncIterable<ExecutionResult> {
    return findViewer ? endWithSession(events, viewer, findViewer, this.#options.maskError) : events;
  }

  async #find(operation: Operation, proof: Proof | undefined): Promise<void> {
    const { request, context } = operation;
    const { accounts, identities, roles, buckets } = this.#options;
    const { signal, address } = context;
    const asked = { request: identities ? toIdentify(request) : request, signal, address };
    let isOfCookie = false;
    const findViewer = async (inTurn = false): Promise<Viewer> => {
      const identified = await (inTurn ? identities?.findInTurn(asked) : identities?.find(asked));
      if (identified || !proof) return identified ?? roles.nobody;
      isOfCookie = proof.isOfCookie;
      const sent = { token: proof.token, address };
      return inTurn ? accounts.findViewerInTurn(signal, sent) : accounts.findViewer(signal, sent);
    };
    // A bucket of its own: clients of the address that send no token must not lock out those that do.
    const bucket = buckets.of(`tokens of ${limitKeyOf(address)}`);
    // Taken before the check, so that none of many concurrent requests is free.
    const isPaid = bucket.take(POINTS);
    try {
      context.viewer = await findViewer(!isPaid);
      if (context.viewer.user) operation.findViewer = findViewer;
    } catch (error) {
      if (isUnauthenticated(error)) {
        if (!isPaid) throw new Refused(throttled(POINTS, bucket));
        if (!isOfCookie) throw new Refused(toUnauthorized(error));
        return context.setCookie(accounts.cookie.toClear());
      }
      context.viewer = { ...roles.nobody, failure: error as Error };
    }
    if (isPaid) bucket.giveBack(POINTS);
  }
}

/** The request without its body, and without cookies that another page may have made the browser send. */
function toIdentify(request: Request): Request {
  const { url, method } = request;
  const headers = new Headers([...request.headers]);
  if (!mayHaveCookies(request)) headers.delete('cookie');
  return new Request(url, { method, headers });
}

/** Ignores the cookie in requests that a form or a link of another page could send. */
function readProof(request: Request, cookie: SessionCookie): Proof | undefined {
  const { headers } = request;
  const authorization = headers.get('authorization');
  if (authorization !== null) return { token: BEARER.exec(authorization)?.[1] ?? '', isOfCookie: false };
  const token = cookie.read(headers.get('cookie'));
  return token !== undefined && mayHaveCookies(request) ? { token, isOfCookie: true } : undefined;
}

function isUnauthenticated(error: unknown): error is GatherError {
  return error instanceof GatherError && error.code === 'UNAUTHENTICATED';
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function toUnauthorized({ message, code }: GatherError) {
  const http = { status: HTTP_STATUSES[code], headers: { 'WWW-Authenticate': 'Bearer' } };
  return createGraphQLError(message, { extensions: { http, code, retryable: false } });
}
