import type { IncomingMessage } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { createGraphQLError, isAsyncIterable, type Plugin, type YogaInitialContext } from 'graphql-yoga';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import type { TokenBuckets } from '../concurrency/token-buckets.ts';
import type { Context } from '../context.ts';
import { GatherError, HTTP_STATUSES } from '../errors.ts';
import { throttled } from '../graphql/limits/use-cost.ts';
import type { Operation } from '../graphql/operation.ts';
import type { CancellationContext } from '../graphql/use-cancellation.ts';
import { addressOf } from '../http/address.ts';
import { hasPreflight, isJson } from '../http/preflight.ts';
import type { Roles, Viewer } from '../viewer.ts';
import type { Accounts } from './accounts.ts';
import { endWithSession } from './end-with-session.ts';
import type { SessionCookie } from './session-cookie.ts';

/** What this plugin adds to the context. */
type ViewerContext = Pick<Context, 'viewer' | 'roles' | 'address' | 'setCookie' | 'accounts'>;

/** The request of the Node server, or the caller in this process. */
interface ServerContext {
  req?: IncomingMessage;
  /** The viewer, if the caller knows it. @default as the headers say */
  viewer?: Viewer;
}

interface ViewerOptions {
  accounts: Accounts;
  roles: Roles;
  /** The points of viewers. */
  buckets: TokenBuckets;
  /** How many proxies in front of the server add to `X-Forwarded-For`. */
  proxyHops: number;
}

type OperationContext = ViewerContext & CancellationContext & YogaInitialContext & ServerContext;

type Refuse = (result: ExecutionResult) => void;

/** What a request says of who sends it. */
interface Proof {
  /** Empty where it cannot be one. */
  token: string;
  isOfCookie: boolean;
}

const BEARER = /^Bearer +([\w\-.~+/]+=*)$/i;
/** Points that an invalid token costs its address. */
const POINTS = 10;

/**
 * Determines the viewer from a token in `Authorization`, or from the cookie. An invalid token is refused with 401, an
 * invalid cookie is deleted, and either costs points of its address. While the address has none left, its tokens are
 * checked in turn: a valid one is accepted, an invalid one refused with 429. If the viewer cannot be determined, it is
 * anonymous with a `failure`. A request with neither does not wait.
 */
export function useViewer({
  accounts,
  roles,
  buckets,
  proxyHops,
}: ViewerOptions): Plugin<OperationContext, ServerContext> {
  const cookies = new WeakMap<Request, string[]>();
  const looks = new WeakMap<object, () => Promise<Viewer>>();

  const begin = ({
    args: { contextValue: context },
    setResultAndStopExecution: refuse,
  }: Operation<OperationContext>) => {
    const { request, req, viewer } = context;
    const setCookie = (cookie: string) => void cookies.set(request, [...(cookies.get(request) ?? []), cookie]);
    const address = req ? addressOf(req, proxyHops) : 'this process';
    const added: ViewerContext = { viewer: viewer ?? roles.nobody, roles, address, setCookie, accounts };
    Object.assign(context, added);
    const proof = viewer ? undefined : readProof(request, accounts.cookie);
    return proof && identify(context, proof, refuse);
  };

  const identify = async (context: OperationContext, { token, isOfCookie }: Proof, refuse: Refuse) => {
    const sent = { token, address: context.address };
    const look = () => accounts.findViewer(context.signal, sent);
    // Apart from the points of those who send no token: they must not lock out their neighbours who do.
    const bucket = buckets.of(`tokens of ${limitKeyOf(context.address)}`);
    // Before it is looked at, so that none of many at once is for nothing.
    const isPaid = bucket.take(POINTS);
    const lookInTurn = () => accounts.findViewerInTurn(context.signal, sent);
    try {
      context.viewer = await (isPaid ? look() : lookInTurn());
      looks.set(context, look);
    } catch (error) {
      if (isUnauthenticated(error)) {
        if (!isPaid) return refuse({ errors: [throttled(POINTS, bucket)] });
        return isOfCookie ? context.setCookie(accounts.cookie.toClear()) : refuse(toUnauthorized(error));
      }
      context.viewer = { ...roles.nobody, failure: error as Error };
    }
    if (isPaid) bucket.giveBack(POINTS);
  };

  return {
    onExecute: begin,
    async onSubscribe(operation) {
      await begin(operation);
      const { viewer } = operation.args.contextValue;
      const look = looks.get(operation.args.contextValue);
      return {
        onSubscribeResult({ result, setResult }) {
          if (look && isAsyncIterable(result)) setResult(endWithSession(result, viewer, look));
        },
      };
    },
    onResponse({ request, response }) {
      for (const cookie of cookies.get(request) ?? []) response.headers.append('set-cookie', cookie);
    },
  };
}

/** The cookie counts only in requests that no form or link of another page can send. */
function readProof(request: Request, cookie: SessionCookie): Proof | undefined {
  const { headers } = request;
  const authorization = headers.get('authorization');
  if (authorization !== null) return { token: BEARER.exec(authorization)?.[1] ?? '', isOfCookie: false };
  const token = cookie.read(headers.get('cookie'));
  const isMeant = token !== undefined && (isJson(request) || hasPreflight(request));
  return isMeant ? { token, isOfCookie: true } : undefined;
}

function isUnauthenticated(error: unknown): error is GatherError {
  return error instanceof GatherError && error.code === 'UNAUTHENTICATED';
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function toUnauthorized({ message, code }: GatherError): ExecutionResult {
  const http = { status: HTTP_STATUSES[code], headers: { 'WWW-Authenticate': 'Bearer' } };
  return { errors: [createGraphQLError(message, { extensions: { http, code, retryable: false } })] };
}
