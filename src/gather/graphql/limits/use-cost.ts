import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../../attached-property.ts';
import { toAddressKey } from '../../concurrency/limit-key.ts';
import type { TokenBucket, TokenBuckets } from '../../concurrency/token-buckets.ts';
import type { Context } from '../../context.ts';
import type { OperationCost } from '../../monitoring/channels.ts';
import { arrival } from '../../monitoring/request-id.ts';
import { mapFirst } from '../map-first.ts';
import type { Operation } from '../operation.ts';
import type { CostPlan } from '../operation-plan.ts';
import { countErrors } from '../part-errors.ts';
import type { PlannedContext } from '../use-plan.ts';
import { actualCost, ERROR_POINTS, requestedCost } from './cost.ts';
import type { Limits } from './limits.ts';
import { createRefusal } from './refusal.ts';
import type { Variables } from './size.ts';

type CostLimits = Pick<Limits, 'maxCost' | 'costBucket' | 'costRestoredPerSecond'>;

/** The cost of an operation, and the bucket that pays for it. */
interface Charge {
  plan: CostPlan;
  variables: Variables;
  requested: number;
  bucket: TokenBucket;
  isTaken: boolean;
  /** Milliseconds that PostgreSQL has worked on its statements so far; one point each. */
  sqlMs: number;
}

/** `extensions.cost`, in points. */
interface ReportedCost {
  requestedQueryCost: number;
  /** null if the operation was refused, or answers in parts. */
  actualQueryCost: number | null;
  /** If it is more than that. */
  sqlQueryCost?: number;
  throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };
}

/**
 * Refuses an operation that costs too much, or more points than its viewer has left, before any source is called. The
 * requested cost is charged at the start, and the unused part refunded at the end; fields that ran below an error count
 * as used. Incremental responses and subscriptions pay the requested cost. Errors are charged as far as they cost more
 * than that. Each millisecond of PostgreSQL's work costs a point, charged as each statement ends, as far as the sum
 * exceeds the cost of the objects. Comes after `useViewer` and `usePlan`, and before `useSources`.
 */
export function useCost(limits: CostLimits, buckets: TokenBuckets): Plugin<Context & PlannedContext> {
  const charges = new AttachedProperty<object, Charge>();
  // An operation that costs more than a full bucket could never be paid.
  const maxCost = Math.min(limits.maxCost, limits.costBucket);
  const setting = limits.maxCost <= limits.costBucket ? 'MAX_COST' : 'COST_BUCKET';

  const begin = (
    { args, setResultAndStopExecution: stop }: Operation<Context & PlannedContext>,
    since?: number,
  ): void => {
    const { contextValue } = args;
    const { cost: plan, args: validated } = contextValue.planned;
    const variables = validated.variableValues.coerced;
    const requested = requestedCost(plan, variables);
    const key = keyOf(contextValue);
    const bucket = buckets.of(key);
    const isTaken = requested <= maxCost && bucket.take(requested);
    const charge: Charge = { plan, variables, requested, bucket, isTaken, sqlMs: 0 };
    charges.set(contextValue, charge);
    const onStatement = (ms: number) => {
      charge.sqlMs += ms;
      bucket.giveBack(-ms);
    };
    contextValue.client = { key, since, onStatement };
    if (isTaken) return;
    stop({ errors: [requested > maxCost ? tooCostly(requested, maxCost, setting) : throttled(requested, bucket)] });
  };

  const settle = (
    { plan, variables, requested, bucket, isTaken, sqlMs }: Charge,
    result: ExecutionResult,
  ): number | null => {
    if (!isTaken) return null;
    const actual = actualCost(plan, result, variables);
    bucket.giveBack(requested - actual + Math.min(actual, sqlMs));
    return actual;
  };

  const addCost = (
    result: ExecutionResult,
    { requested, bucket, sqlMs }: Charge,
    actual: number | null,
  ): ExecutionResult => {
    const throttleStatus = {
      maximumAvailable: limits.costBucket,
      currentlyAvailable: Math.max(0, Math.floor(bucket.available)),
      restoreRate: limits.costRestoredPerSecond,
    };
    const sqlCost = Math.floor(sqlMs);
    const cost: ReportedCost = {
      requestedQueryCost: requested,
      actualQueryCost: actual,
      ...(sqlCost > (actual ?? 0) && { sqlQueryCost: sqlCost }),
      throttleStatus,
    };
    return { ...result, extensions: { ...result.extensions, cost } };
  };

  return {
    onExecute: (operation) => begin(operation, arrival()),
    // Its events come at any time later.
    onSubscribe: (operation) => begin(operation),
    // Not in `onExecuteDone`, which is not called for an operation that throws.
    onExecutionResult({ result, context, setResult }) {
      const charge = charges.get(context);
      if (!charge || !result) return;
      if (!isAsyncIterable(result)) return setResult(addCost(result, charge, settle(charge, result)));
      const parts = settling(result as AsyncIterable<ExecutionResult>, charge);
      setResult(mapFirst(parts, (part) => addCost(part, charge, null)));
    },
  };
}

/** The cost in a result to which `useCost` has added it. */
export function costOf({ data, extensions }: ExecutionResult): OperationCost | undefined {
  const cost = extensions?.['cost'] as ReportedCost | undefined;
  if (!cost) return undefined;
  const { requestedQueryCost: requested, actualQueryCost: actual, sqlQueryCost: sql = 0 } = cost;
  const isRefused = actual === null && data === undefined;
  return { requested, spent: isRefused ? null : Math.max(actual ?? requested, sql) };
}

/** Charges the errors and the statements of an incremental response, as far as they cost more than was requested. */
async function* settling(parts: AsyncIterable<ExecutionResult>, charge: Charge): AsyncGenerator<ExecutionResult> {
  const { bucket, requested } = charge;
  let errors = 0;
  let paid = requested;
  try {
    for await (const part of parts) {
      errors += countErrors(part);
      const cost = Math.max(paid, ERROR_POINTS * errors);
      bucket.giveBack(paid - cost);
      paid = cost;
      yield part;
    }
  } finally {
    bucket.giveBack(Math.min(paid, charge.sqlMs));
  }
}

/** The key of a client: that of the user, or of the address. */
export function keyOf({ viewer, address }: Pick<Context, 'viewer' | 'address'>): string {
  return viewer.user ? `user ${viewer.user.owner}` : toAddressKey(address);
}

function tooCostly(requested: number, maxCost: number, setting: string) {
  return createRefusal(
    'MAX_COST_EXCEEDED',
    `Expected an operation of at most ${maxCost} points (${setting}), got ${requested}.`,
  );
}

/** The refusal of an operation whose viewer has too few points left, with status 429. */
export function throttled(requested: number, bucket: TokenBucket): GraphQLError {
  const seconds = bucket.secondsUntil(requested);
  const message = `Expected at most ${Math.max(0, Math.floor(bucket.available))} points, the number left for now (COST_BUCKET, COST_RESTORE), got ${requested}. Try again in ${seconds} s.`;
  return createRefusal('THROTTLED', message, { 'Retry-After': String(seconds) });
}
