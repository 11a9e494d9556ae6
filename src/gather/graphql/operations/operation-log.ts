import type { IncomingMessage } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../../attached-property.ts';
import { isMasked, originalOf } from '../../errors.ts';
import { addressOf } from '../../http/address.ts';
import type { ServerContext } from '../../http/server-context.ts';
import { isMultipart } from '../../http/use-multipart.ts';
import { hideValues } from '../../monitoring/hide-values.ts';
import type { Logger } from '../../monitoring/log.ts';
import { findFault, type MaskError } from '../../monitoring/mask-errors.ts';
import { type RefusalReason, type Refusals, reasonOf } from '../../monitoring/refusals.ts';
import { setHideInRequest } from '../../monitoring/request-id.ts';
import { round } from '../../monitoring/timing.ts';
import type { Viewer } from '../../viewer.ts';
import { isSubscription, type Operation } from './operation.ts';
import { describeCalls, describeErrors, literalsOf, titleOf } from './operation-line.ts';

interface LogOptions {
  log: Logger;
  refusals: Refusals;
  maskError: MaskError;
  /** An operation that takes at least this long is logged as a warning, in milliseconds. */
  slowOperationMs: number;
  /** Number of proxies in front of the server. */
  proxyHops: number;
}

/** The result of a request. */
interface Outcome {
  request: Request;
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
  /** The requests that have a line. */
  readonly #written = new AttachedProperty<Request, true>();
  /** The request that each fault was last logged for: one may fail several steps of a request. */
  readonly #logged = new WeakMap<object, Request>();
  /** Logs requests without an operation, and what fails around one. */
  readonly plugin: Plugin<object, ServerContext>;

  constructor(options: LogOptions) {
    this.#options = options;
    this.plugin = {
      instrumentation: {
        request: ({ request }, answer) => this.#watch(request, answer),
      },
      // Also called for what fails outside of an operation: before or after it.
      onResultProcess: ({ request, result, serverContext: { req } }) => {
        if (isAsyncIterable(result) || Array.isArray(result)) return;
        const { errors = [] } = result as ExecutionResult;
        if (errors.length > 0 && this.#isNew(request, errors)) {
          this.#write({
            request,
            req,
            errors,
            refused: toReason(errors[0]),
            toLine: () => toRequest(request, errors[0]),
          });
        }
      },
    };
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
    const isPacedByClient = isMultipart(request) || isSubscription(operation);
    const isSlow = performance.now() - operation.start >= this.#options.slowOperationMs;
    this.#write({
      request,
      req,
      errors,
      refused: isRun ? userErrors?.map((code) => reasonOf(code)).find(Boolean) : toReason(errors[0]),
      isSlow: definition && !isPacedByClient && isSlow,
      toLine: () => ({
        ...(definition ? { operation: titleOf(definition) } : toRequest(request)),
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

  async #watch(request: Request, answer: () => Promise<void> | void): Promise<void> {
    try {
      await answer();
    } catch (error) {
      const shown = this.#options.maskError(error);
      if (this.#isNew(request, [shown]))
        this.#write({ request, req: undefined, errors: [shown], toLine: () => toRequest(request) });
      throw withoutStack(shown.toJSON());
    }
  }

  #write({ request, req, errors, refused, isSlow, toLine }: Outcome): void {
    const { log, refusals, proxyHops } = this.#options;
    this.#written.set(request, true);
    for (const fault of faultsOf(errors)) this.#logged.set(fault, request);
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

  #isNew(request: Request, errors: readonly GraphQLError[]): boolean {
    return !this.#written.get(request) || faultsOf(errors).some((fault) => this.#logged.get(fault) !== request);
  }
}

function toRequest({ method }: Request, error?: GraphQLError): object {
  return { request: `${method} /graphql`, status: statusOf(error) };
}

function toReason(error: GraphQLError | undefined): RefusalReason | undefined {
  return error && reasonOf(error.extensions['code'], statusOf(error));
}

function statusOf(error: GraphQLError | undefined): number | undefined {
  return (error?.extensions['http'] as { status?: number } | undefined)?.status;
}

/** What was thrown, of each masked error. */
function faultsOf(errors: readonly GraphQLError[]): object[] {
  const faults = errors.filter(isMasked).map((error) => originalOf(findFault(error)));
  return faults.filter((fault) => typeof fault === 'object' && fault !== null);
}

/** What the message of a fault may quote. */
function valuesOf(operation: Operation | undefined): unknown[] {
  return operation?.document ? [operation.params.variables, literalsOf(operation.document)] : [];
}

/** Removes the stack, which Yoga would send to the client for an error of a plugin. */
function withoutStack(error: object): Error {
  const bare = new Error(JSON.stringify({ errors: [error] }));
  bare.stack = bare.message;
  return bare;
}
