import { LRUCache } from 'lru-cache';

interface BucketLimits {
  /** The capacity of a bucket. */
  costBucket: number;
  costRestoredPerSecond: number;
}

/** Least recently used buckets are dropped: they are full again. */
const MAX_BUCKETS = 10_000;

/**
 * A token bucket for each viewer, in the memory of this process: servers do not share them. A viewer whose bucket was
 * dropped starts with a full one.
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

/** A token bucket. Its tokens are points. */
export class TokenBucket {
  readonly #limits: BucketLimits;
  #points: number;
  #asOf = performance.now();

  constructor(limits: BucketLimits) {
    this.#limits = limits;
    this.#points = limits.costBucket;
  }

  /** The points left; negative after an operation that cost more than estimated, by at most one full bucket. */
  get available(): number {
    const { costBucket, costRestoredPerSecond } = this.#limits;
    const now = performance.now();
    this.#points = Math.min(costBucket, this.#points + ((now - this.#asOf) / 1000) * costRestoredPerSecond);
    this.#asOf = now;
    return this.#points;
  }

  /** Takes points, if there are enough. Taking none always succeeds. */
  take(points: number): boolean {
    if (points > 0 && this.available < points) return false;
    this.#points -= points;
    return true;
  }

  /** Returns points. @param points negative to take more */
  giveBack(points: number): void {
    const { costBucket } = this.#limits;
    this.#points = Math.max(-costBucket, Math.min(costBucket, this.available + points));
  }

  /** Whole seconds until there are enough points, at least one. */
  secondsUntil(points: number): number {
    return Math.max(1, Math.ceil((points - this.available) / this.#limits.costRestoredPerSecond));
  }
}
