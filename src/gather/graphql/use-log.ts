import type { IncomingMessage } from 'node:http';
import { type ExecutionResult, type GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { type GraphQLParams, isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import type { Context } from '../context.ts';
import { isMasked, originalOf } from '../errors.ts';
import { addressOf } from '../http/address.ts';
import { isMultipart } from '../http/use-multipart.ts';
import type { OperationCost } from '../monitoring/channels.ts';
import { hideValues } from '../monitoring/hide-values.ts';
import type { Logger } from '../monitoring/log.ts';
import { findFault, type MaskError } from '../monitoring/mask-errors.ts';
import { type RefusalReason, type Refusals, reasonOf } from '../monitoring/refusals.ts';
import { inThisRequest, setHideInRequest } from '../monitoring/request-id.ts';
import { round } from '../monitoring/timing.ts';
import { costOf } from './limits/use-cost.ts';
import { type Asked, describeCalls, describeErrors, literalsOf, titleOf } from './operation-line.ts';
import { errorsOf, type Part } from './part-errors.ts';
import type { TimingContext } from './use-timing.ts';

interface LogOptions {
  log: Logger;
  refusals: Refusals;
  maskError: MaskError;
  /** An operation that takes at least this long is logged as a warning, in milliseconds. */
  slowOperationMs: number;
  /** Number of proxies in front of the server. */
  proxyHops: number;
}

/** What the Node server passes to Yoga; absent in `app.fetch`. */
interface ServerContext {
  req?: IncomingMessage;
}

type OperationContext = TimingContext &
  ServerContext & { viewer?: Context['viewer'] | undefined; userErrors?: Context['userErrors'] };

/** An operation that has been validated. */
interface Operation extends Asked {
  variables: unknown;
  /** `performance.now()` when the whole request had arrived. */
  start: number;
}

/** The result of a request. */
interface Outcome {
  request: Request;
  req: IncomingMessage | undefined;
  /** The first 1,000. */
  errors: readonly GraphQLError[];
  /** Why it is refused, if it is. */
  refused?: RefusalReason | undefined;
  isSlow?: boolean | undefined;
  /** The line, but for the errors. */
  toLine: () => object;
}

const MAX_ERRORS = 1000;

/**
 * Logs one line per operation when it ends, and one for a request that is refused before. It is an error if the server is
 * at fault, and a warning if the request is refused, or slow without its client being the reason. Comes after `useCost`,
 * whose result it logs.
 */
export function useLog({
  log,
  refusals,
  maskError,
  slowOperationMs,
  proxyHops,
}: LogOptions): Plugin<OperationContext, OperationContext> {
  const operations = new AttachedProperty<object, Operation>();
  /** The requests that have a line. */
  const written = new AttachedProperty<Request, true>();
  /** The request that each fault was last logged for: one may fail several hooks of a request. */
  const logged = new WeakMap<object, Request>();

  const write = ({ request, req, errors, refused, isSlow, toLine }: Outcome) => {
    written.set(request, true);
    for (const fault of faultsOf(errors)) logged.set(fault, request);
    const toWhole = () => ({
      ...toLine(),
      errors: errors.length,
      ...(errors.length > 0 && { failures: describeErrors(errors) }),
    });
    if (errors.some(isMasked)) return log.error(toWhole());
    const toRefused = () => ({ ...toWhole(), ...(req && { address: addressOf(req, proxyHops) }) });
    if (refused) refusals.add(refused, toRefused);
    else if (isSlow) log.warn({ ...toWhole(), slow: true });
    else if (log.isLevelEnabled('info')) log.info(toWhole());
  };

  const isNew = (request: Request, errors: readonly GraphQLError[]) =>
    !written.get(request) || faultsOf(errors).some((fault) => logged.get(fault) !== request);

  const writeOperation = (request: Request, context: OperationContext, result: Whole) => {
    const { timing, viewer, userErrors, req } = context;
    const operation = operations.get(context);
    const isPacedByClient = isMultipart(request) || isSubscription(operation);
    write({
      request,
      req,
      errors: result.errors,
      refused: result.isRun ? userErrors?.map((code) => reasonOf(code)).find(Boolean) : toReason(result.errors[0]),
      isSlow: operation && !isPacedByClient && performance.now() - operation.start >= slowOperationMs,
      toLine: () => ({
        ...(operation ? { operation: titleOf(operation) } : toRequest(request)),
        ms: round(timing.elapsed),
        ...describeCalls(timing),
        cost: result.cost && round(result.cost.spent ?? result.cost.requested),
        viewer: viewer && (viewer.user?.owner ?? 'anonymous'),
        userErrors,
      }),
    });
  };

  /** Writes faults of a subscription at once: it may last for days. */
  async function* watch(request: Request, context: OperationContext, parts: AsyncIterable<Part>) {
    const operation = operations.get(context);
    const isEvents = isSubscription(operation);
    const whole: Whole = { errors: [], cost: undefined, isRun: true };
    try {
      for await (const part of parts) {
        const errors = errorsOf(part);
        whole.cost ??= costOf(part);
        if (isEvents && errors.some(isMasked)) {
          log.error({ operation: operation && titleOf(operation), failures: describeErrors(errors) });
        } else if (whole.errors.length < MAX_ERRORS) {
          whole.errors.push(...errors);
        }
        yield part;
      }
    } finally {
      writeOperation(request, context, whole);
    }
  }

  return {
    instrumentation: {
      async request({ request }, answer) {
        try {
          await answer();
        } catch (error) {
          const shown = maskError(error);
          if (isNew(request, [shown]))
            write({ request, req: undefined, errors: [shown], toLine: () => toRequest(request) });
          throw withoutStack(shown.toJSON());
        }
      },
    },
    onValidate({ params: { documentAST: document }, context }) {
      const { operationName, variables } = (context as { params?: GraphQLParams }).params ?? {};
      const operation = { document, operationName, variables, start: performance.now() };
      operations.set(context, operation);
      // A connection that is opened for this request keeps all that belongs to the request, and must not keep its values.
      const asked = new WeakRef(operation);
      setHideInRequest(hideValues(() => valuesOf(asked.deref())));
    },
    onExecutionResult({ request, result, context, setResult }) {
      if (isAsyncIterable(result)) {
        setResult(inThisRequest(watch(request, context, result as AsyncIterable<Part>)));
      } else if (result && !Array.isArray(result)) {
        const { errors = [], data } = result as ExecutionResult;
        writeOperation(request, context, { errors: [...errors], cost: costOf(result), isRun: hasValue(data) });
      }
    },
    // Also called for what fails outside of an operation: before it, or in another hook after it.
    onResultProcess({ request, result, serverContext: { req } }) {
      if (isAsyncIterable(result) || Array.isArray(result)) return;
      const { errors = [] } = result as ExecutionResult;
      if (errors.length > 0 && isNew(request, errors)) {
        write({ request, req, errors, refused: toReason(errors[0]), toLine: () => toRequest(request, errors[0]) });
      }
    },
  };
}

/** The result of an operation, in one piece or the sum of its parts. */
interface Whole {
  errors: GraphQLError[];
  cost: OperationCost | undefined;
  /** Whether it has data. */
  isRun: boolean;
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
  return operation ? [operation.variables, literalsOf(operation.document)] : [];
}

function isSubscription(operation: Operation | undefined): boolean {
  const found = operation && getOperationAST(operation.document, operation.operationName);
  return found?.operation === OperationTypeNode.SUBSCRIPTION;
}

/** Whether any field of the result has a value. If none has, the first error has refused the operation. */
function hasValue(data: ExecutionResult['data']): boolean {
  return Object.values(data ?? {}).some((value) => value !== null);
}

/** Removes the stack, which Yoga would send to the client for an error in a hook. */
function withoutStack(error: object): Error {
  const bare = new Error(JSON.stringify({ errors: [error] }));
  bare.stack = bare.message;
  return bare;
}
