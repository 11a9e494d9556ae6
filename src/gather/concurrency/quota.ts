interface QuotaOptions {
  /** For all clients together. */
  total: number;
  /** For one client. */
  perKey: number;
}

/** A quota with a global and a per-client limit. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #held = new Map<string, number>();
  #sum = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** The amount that all clients hold. */
  get held(): number {
    return this.#sum;
  }

  /** Acquires an amount, to be released later. @returns undefined, or the limit that would be exceeded */
  acquire(key: string, amount: number): keyof QuotaOptions | undefined {
    const held = (this.#held.get(key) ?? 0) + amount;
    if (this.#sum + amount > this.#options.total) return 'total';
    if (held > this.#options.perKey) return 'perKey';
    this.#held.set(key, held);
    this.#sum += amount;
    return undefined;
  }

  release(key: string, amount: number): void {
    const left = (this.#held.get(key) ?? 0) - amount;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
    this.#sum -= amount;
  }
}
