interface Most {
  ofAll: number;
  ofOne: number;
}

/** What the senders of requests hold of something that the server has so much of: none more than a part of it. */
export class Shares {
  readonly #most: Most;
  readonly #held = new Map<string, number>();
  #sum = 0;

  constructor(most: Most) {
    this.#most = most;
  }

  /** Acquires an amount, which the caller releases. @returns whether that much was free */
  take(sender: string, amount: number): boolean {
    const held = (this.#held.get(sender) ?? 0) + amount;
    if (held > this.#most.ofOne || this.#sum + amount > this.#most.ofAll) return false;
    this.#held.set(sender, held);
    this.#sum += amount;
    return true;
  }

  giveBack(sender: string, amount: number): void {
    const left = (this.#held.get(sender) ?? 0) - amount;
    if (left > 0) this.#held.set(sender, left);
    else this.#held.delete(sender);
    this.#sum -= amount;
  }
}
