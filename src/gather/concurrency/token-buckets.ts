import { LRUCache } from 'lru-cache';

interface BucketLimits {
  /** The capacity of a bucket. */
  costBucket: number;
  costRestoredPerSecond: number;
}

/** Least recently used buckets are dropped: they are full again. */
const MAX_BUCKETS = 10_000;

/** A token bucket for each viewer, in memory. A viewer whose bucket was dropped starts with a full one. */
export class TokenBuckets {
  readonly #limits: BucketLimits;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS });
  readonly #onSpend: (key: string, points: number) => void;

  /** @param onSpend called with the points that are taken from a bucket, negative when they are returned */
  constructor(limits: BucketLimits, onSpend: (key: string, points: number) => void = () => {}) {
    this.#limits = limits;
    this.#onSpend = onSpend;
  }

  of(key: string): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = new TokenBucket(this.#limits, (points) => this.#onSpend(key, points));
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  /** The points that are missing in each bucket. */
  missing(): [key: string, points: number][] {
    const all = [...this.#buckets].map(([key, bucket]): [string, number] => [key, bucket.missing]);
    return all.filter(([, points]) => points > 0);
  }
}

/** A token bucket. Its tokens are points. */
export class TokenBucket {
  readonly #limits: BucketLimits;
  readonly #onSpend: (points: number) => void;
  #points: number;
  #asOf = performance.now();

  constructor(limits: BucketLimits, onSpend: (points: number) => void) {
    this.#limits = limits;
    this.#onSpend = onSpend;
    this.#points = limits.costBucket;
  }

  get missing(): number {
    return this.#limits.costBucket - this.available;
  }

  /**
   * The points left; negative after an operation that cost more than estimated, by at most one full bucket, and further by
   * `owe`.
   */
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
    this.#onSpend(points);
    return true;
  }

  /** Returns points. @param points negative to take more */
  giveBack(points: number): void {
    const { costBucket } = this.#limits;
    const before = this.available;
    this.#points = Math.max(Math.min(-costBucket, before), Math.min(costBucket, before + points));
    this.#onSpend(before - this.#points);
  }

  /** Takes points that another process has spent already, however few are left. */
  owe(points: number): void {
    this.#points = Math.min(this.#limits.costBucket, this.available - points);
  }

  /** Whole seconds until there are enough points, at least one. */
  secondsUntil(points: number): number {
    return Math.max(1, Math.ceil((points - this.available) / this.#limits.costRestoredPerSecond));
  }
}
