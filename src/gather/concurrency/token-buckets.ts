import { LRUCache } from 'lru-cache';

interface BucketLimits {
  /** What a bucket holds at most. */
  costBucket: number;
  costRestoredPerSecond: number;
}

/** A bucket that nobody has used for long is full again, and so need not be kept. */
const MAX_BUCKETS = 10_000;

/**
 * The points of each viewer, in the memory of this process: several servers have buckets of their own. It keeps those of
 * the viewers that came last; a forgotten one begins with a full bucket.
 */
export class TokenBuckets {
  readonly #limits: BucketLimits;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS });

  constructor(limits: BucketLimits) {
    this.#limits = limits;
  }

  of(key: string): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = new TokenBucket(this.#limits);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }
}

/** Points that are taken and come back with time. */
export class TokenBucket {
  readonly #limits: BucketLimits;
  #points: number;
  #asOf = performance.now();

  constructor(limits: BucketLimits) {
    this.#limits = limits;
    this.#points = limits.costBucket;
  }

  /** How many there are; less than 0 where an operation cost more than it had seemed, but never by more than a bucket. */
  get available(): number {
    const { costBucket, costRestoredPerSecond } = this.#limits;
    const now = performance.now();
    this.#points = Math.min(costBucket, this.#points + ((now - this.#asOf) / 1000) * costRestoredPerSecond);
    this.#asOf = now;
    return this.#points;
  }

  /** @returns whether there were as many; there are always none */
  take(points: number): boolean {
    if (points > 0 && this.available < points) return false;
    this.#points -= points;
    return true;
  }

  /** @param points less than 0 takes more */
  giveBack(points: number): void {
    const { costBucket } = this.#limits;
    this.#points = Math.max(-costBucket, Math.min(costBucket, this.available + points));
  }

  /** How long it takes until there are as many, in whole seconds. */
  secondsUntil(points: number): number {
    return Math.max(1, Math.ceil((points - this.available) / this.#limits.costRestoredPerSecond));
  }
}
