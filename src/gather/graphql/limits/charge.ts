import type { ExecutionResult, GraphQLError } from 'graphql';
import { toAddressKey } from '../../concurrency/limit-key.ts';
import type { TokenBucket, TokenBuckets } from '../../concurrency/token-buckets.ts';
import type { Context } from '../../context.ts';
import type { OperationCost } from '../../monitoring/channels.ts';
import type { CostPlan } from '../operations/operation-plan.ts';
import { actualCost, ERROR_POINTS, requestedCost } from './cost.ts';
import type { Limits } from './limits.ts';
import { createRefusal, Refused } from './refusal.ts';
import type { Variables } from './size.ts';

type CostLimits = Pick<Limits, 'maxCost' | 'costBucket' | 'costRestoredPerSecond'>;

/** `extensions.cost`, in points. */
interface ReportedCost {
  requestedQueryCost: number;
  /** null if the operation was refused, or answers in parts. */
  actualQueryCost: number | null;
  /** If it is more than that. */
  sqlQueryCost?: number;
  throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };
}

/** What an operation is charged for. */
interface Priced {
  plan: CostPlan;
  variables: Variables;
}

/** Charges operations to the buckets of their clients. */
export class Charges {
  readonly #limits: CostLimits;
  readonly #buckets: TokenBuckets;

  constructor(limits: CostLimits, buckets: TokenBuckets) {
    this.#limits = limits;
    this.#buckets = buckets;
  }

  /**
   * Takes the requested cost, if it can: see `assertTaken`. A refused operation reports its charge, too.
   * @param key of the client, as of `keyOf`
   */
  take(key: string, priced: Priced): Charge {
    return new Charge(this.#limits, this.#buckets.of(key), priced);
  }
}

/**
 * What an operation pays. The requested cost is taken at the start, and the unused part returned at the end; fields that ran
 * below an error count as used. An operation that answers in parts pays the requested cost. Errors are charged as far as they
 * cost more than that. Each millisecond of PostgreSQL's work costs a point, charged as each statement ends, as far as the sum
 * exceeds the cost of the objects.
 */
export class Charge {
  readonly #limits: CostLimits;
  readonly #bucket: TokenBucket;
  readonly #priced: Priced;
  readonly #maxCost: number;
  readonly #requested: number;
  /** Whether the requested cost was taken. */
  readonly isTaken: boolean;
  #actual: number | null = null;
  /** What PostgreSQL has worked so far. */
  #sqlMs = 0;
  /** Errors of the parts so far, and what was paid for them. */
  #errors = 0;
  #paid: number;

  constructor(limits: CostLimits, bucket: TokenBucket, priced: Priced) {
    this.#limits = limits;
    this.#bucket = bucket;
    this.#priced = priced;
    // An operation that costs more than a full bucket could never be paid.
    this.#maxCost = Math.min(limits.maxCost, limits.costBucket);
    this.#requested = requestedCost(priced.plan, priced.variables);
    this.#paid = this.#requested;
    this.isTaken = this.#requested <= this.#maxCost && bucket.take(this.#requested);
  }

  /** @throws Refused if the operation costs too much, or more points than its client has left */
  assertTaken(): void {
    if (this.isTaken) return;
    throw new Refused(
      this.#requested > this.#maxCost
        ? tooCostly(this.#requested, this.#limits)
        : throttled(this.#requested, this.#bucket),
    );
  }

  /** Charges a statement that has ended, by the time that PostgreSQL has worked on it. */
  readonly addStatement = (ms: number): void => {
    this.#sqlMs += ms;
    this.#bucket.giveBack(-ms);
  };

  /** Charges the errors of a part, as far as those of all parts cost more than was requested. */
  addErrors(count: number): void {
    this.#errors += count;
    const cost = Math.max(this.#paid, ERROR_POINTS * this.#errors);
    this.#bucket.giveBack(this.#paid - cost);
    this.#paid = cost;
  }

  /** Settles an operation that was answered in one piece. */
  settle(result: ExecutionResult): void {
    if (!this.isTaken) return;
    const actual = actualCost(this.#priced.plan, result, this.#priced.variables);
    this.#actual = actual;
    this.#bucket.giveBack(this.#requested - actual + Math.min(actual, this.#sqlMs));
  }

  /** Settles an operation after its last part. */
  settleParts(): void {
    this.#bucket.giveBack(Math.min(this.#paid, this.#sqlMs));
  }

  /** For metrics and the log. */
  get cost(): OperationCost {
    const spent = Math.max(this.#actual ?? this.#requested, Math.floor(this.#sqlMs));
    return { requested: this.#requested, spent: this.isTaken ? spent : null };
  }

  /** For the client. */
  report(): ReportedCost {
    const { costBucket, costRestoredPerSecond } = this.#limits;
    const sqlCost = Math.floor(this.#sqlMs);
    return {
      requestedQueryCost: this.#requested,
      actualQueryCost: this.#actual,
      ...(sqlCost > (this.#actual ?? 0) && { sqlQueryCost: sqlCost }),
      throttleStatus: {
        maximumAvailable: costBucket,
        currentlyAvailable: Math.max(0, Math.floor(this.#bucket.available)),
        restoreRate: costRestoredPerSecond,
      },
    };
  }
}

/** The key of a client: that of the user, or of the address. */
export function keyOf({ viewer, address }: Pick<Context, 'viewer' | 'address'>): string {
  return viewer.user ? `user ${viewer.user.owner}` : toAddressKey(address);
}

function tooCostly(requested: number, { maxCost, costBucket }: CostLimits) {
  const setting = maxCost <= costBucket ? 'MAX_COST' : 'COST_BUCKET';
  return createRefusal(
    'MAX_COST_EXCEEDED',
    `Expected an operation of at most ${Math.min(maxCost, costBucket)} points (${setting}), got ${requested}.`,
  );
}

/** The refusal of an operation whose viewer has too few points left, with status 429. */
export function throttled(requested: number, bucket: TokenBucket): GraphQLError {
  const seconds = bucket.secondsUntil(requested);
  const message = `Expected at most ${Math.max(0, Math.floor(bucket.available))} points, the number left for now (COST_BUCKET, COST_RESTORE), got ${requested}. Try again in ${seconds} s.`;
  return createRefusal('THROTTLED', message, { 'Retry-After': String(seconds) });
}
