import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import { isMasked } from '../../errors.ts';
import { addressOf } from '../../http/address.ts';
import { hideValues } from '../../monitoring/hide-values.ts';
import type { Logger } from '../../monitoring/log.ts';
import { type RefusalReason, type Refusals, reasonOf } from '../../monitoring/refusals.ts';
import { setHideInRequest } from '../../monitoring/request-id.ts';
import { round } from '../../monitoring/timing.ts';
import type { Viewer } from '../../viewer.ts';
import { isSubscription, type Operation } from './operation.ts';
import { describeCalls, describeErrors, literalsOf, titleOf } from './operation-line.ts';

interface LogOptions {
  log: Logger;
  refusals: Refusals;
  /** An operation that takes at least this long is logged as a warning, in milliseconds. */
  slowOperationMs: number;
  /** Number of proxies in front of the server. */
  proxyHops: number;
}

/** The result of a request. */
interface Outcome {
  req: IncomingMessage | undefined;
  errors: readonly GraphQLError[];
  /** Why it is refused, if it is. */
  refused?: RefusalReason | undefined;
  isSlow?: boolean | undefined;
  /** The line, but for the errors. */
  toLine: () => object;
}

/**
 * Logs one line per operation when it ends, and one for a request that is refused before. It is an error if the server is
 * at fault, and a warning if the request is refused, or slow without its client being the reason.
 */
export class OperationLog {
  readonly #options: LogOptions;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Hides the values of an operation in what is logged for its request from now on. */
  hideValues(operation: Operation): void {
    // A connection that is opened for this request keeps all that belongs to the request, and must not keep its values.
    const asked = new WeakRef(operation);
    setHideInRequest(hideValues(() => valuesOf(asked.deref())));
  }

  /** Logs an operation that has ended. @param isRun whether it has data */
  write(operation: Operation, { errors, isRun }: { errors: readonly GraphQLError[]; isRun: boolean }): void {
    const { request, context, timing, charge, definition } = operation;
    const { req, userErrors } = context;
    const viewer: Viewer | undefined = context.viewer;
    const isPacedByClient = operation.multipart !== undefined || isSubscription(operation);
    const isSlow = performance.now() - operation.start >= this.#options.slowOperationMs;
    this.#write({
      req,
      errors,
      refused: isRun ? userErrors?.map((code) => reasonOf(code)).find(Boolean) : toReason(errors[0]),
      isSlow: definition && !isPacedByClient && isSlow,
      toLine: () => ({
        ...(definition ? { operation: titleOf(definition) } : toRequest(request, errors[0])),
        ms: round(timing.elapsed),
        ...describeCalls(timing),
        cost: charge && round(charge.cost.spent ?? charge.cost.requested),
        viewer: viewer && (viewer.user?.owner ?? 'anonymous'),
        userErrors,
      }),
    });
  }

  /** Logs faults in an event of a subscription, which may last for days. */
  writeEvent({ definition }: Operation, errors: readonly GraphQLError[]): void {
    this.#options.log.error({ operation: definition && titleOf(definition), failures: describeErrors(errors) });
  }

  /** Logs a request without an operation, or what failed when its operation had ended. */
  writeRequest({ request, req, errors }: Pick<Outcome, 'req' | 'errors'> & { request: Request }): void {
    const [first] = errors;
    this.#write({ req, errors, refused: toReason(first), toLine: () => toRequest(request, first) });
  }

  #write({ req, errors, refused, isSlow, toLine }: Outcome): void {
    const { log, refusals, proxyHops } = this.#options;
    const toWhole = () => ({
      ...toLine(),
      errors: errors.length,
      ...(errors.length > 0 && { failures: describeErrors(errors) }),
    });
    const toRefused = () => ({ ...toWhole(), ...(req && { address: addressOf(req, proxyHops) }) });
    if (errors.some(isMasked)) log.error(toWhole());
    else if (refused) refusals.add(refused, toRefused);
    else if (isSlow) log.warn({ ...toWhole(), slow: true });
    else if (log.isLevelEnabled('info')) log.info(toWhole());
  }
}

/** With the status, unless that depends on what the client accepts. */
function toRequest({ method }: Request, error: GraphQLError | undefined): object {
  const { status, spec } = httpOf(error);
  return { request: `${method} /graphql`, ...(!spec && { status }) };
}

function toReason(error: GraphQLError | undefined): RefusalReason | undefined {
  return error && reasonOf(error.extensions['code'], httpOf(error).status);
}

function httpOf(error: GraphQLError | undefined): { status?: number; spec?: boolean } {
  return error?.extensions['http'] ?? {};
}

/** What the message of a fault may quote. */
function valuesOf(operation: Operation | undefined): unknown[] {
  return operation?.document ? [operation.params.variables, literalsOf(operation.document)] : [];
}
