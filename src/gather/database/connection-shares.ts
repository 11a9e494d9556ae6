import { LRUCache } from 'lru-cache';
import { type Permit, Semaphore } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';

/** The shares of a pool's connections that clients may take. */
export interface Shares {
  /**
   * Waits for a connection.
   * @param key the client whose share it counts against; undefined counts against none
   * @param work the purpose: a table, transactions, or '' for anything else
   * @param text the statement, if the connection is for one
   * @throws BUSY after the timeout, and the signal's reason once it aborts
   */
  acquire(signal: AbortSignal, key: string | undefined, work: string, text?: string): Promise<Permit>;
  /** Records how long a successful statement took, in milliseconds. */
  note?(text: string, ms: number): void;
  /** How many wait. */
  readonly waiting: number;
  /** How many clients wait, as a new one sees it: they are served round-robin. */
  readonly waitingKeys: number;
}

interface SharesConfig {
  /** Connections of the pool. */
  size: number;
  timeoutMs: number;
}

/** A statement with this moving average duration is slow. */
const SLOW_MS = 100;
/** How many times one client may run the same slow statement concurrently. */
const SLOW_AT_ONCE = 2;
const MAX_KNOWN = 1000;

/** A pool of which one client has at most half. Waiting clients are served round-robin. */
export function createHalves({ size, timeoutMs }: SharesConfig): Semaphore {
  return new Semaphore({ size, perKey: Math.ceil(size / 2), timeoutMs, toError: () => busy(size, timeoutMs) });
}

/**
 * The pool of statements. A statement that waits for a lock or reads a whole table keeps its connection, so some
 * connections stay reserved: of each ten, one table has at most eight and one client nine. One page can still run many
 * statements at once, a locked table leaves connections to other tables, and waiting clients are served round-robin. All
 * transactions count as one table. A slow statement runs at most twice at a time per client, because it takes CPU too.
 */
export class StatementShares implements Shares {
  readonly #config: SharesConfig;
  readonly #all: Semaphore;
  /** By client and slow statement. */
  readonly #slow: Semaphore;
  /** The moving average duration of statements, by text. */
  readonly #averageMs = new LRUCache<string, number>({ max: MAX_KNOWN });
  readonly #tables = new Map<string, Semaphore>();

  constructor(config: SharesConfig) {
    this.#config = config;
    this.#all = this.#allBut(config.size, Math.ceil(config.size / 10));
    const { size, timeoutMs } = config;
    this.#slow = new Semaphore({
      size: Number.POSITIVE_INFINITY,
      perKey: SLOW_AT_ONCE,
      timeoutMs,
      toError: () => busy(size, timeoutMs),
    });
  }

  get waiting(): number {
    return [...this.#tables.values()].reduce(
      (sum, { waiting }) => sum + waiting,
      this.#all.waiting + this.#slow.waiting,
    );
  }

  get waitingKeys(): number {
    return Math.max(this.#all.waitingKeys, ...[...this.#tables.values()].map(({ waitingKeys }) => waitingKeys));
  }

  async acquire(signal: AbortSignal, key: string | undefined, table: string, text?: string): Promise<Permit> {
    const isSlow = text !== undefined && (this.#averageMs.get(text) ?? 0) >= SLOW_MS;
    if (key === undefined || !isSlow) return this.#acquire(signal, key, table);
    const ofSlow = await this.#slow.acquire(signal, `${key} ${text}`);
    try {
      return both(await this.#acquire(signal, key, table), ofSlow);
    } catch (error) {
      ofSlow.release();
      throw error;
    }
  }

  note(text: string, ms: number): void {
    const before = this.#averageMs.get(text) ?? ms;
    this.#averageMs.set(text, (before + ms) / 2);
  }

  async #acquire(signal: AbortSignal, key: string | undefined, table: string): Promise<Permit> {
    if (table === '') return this.#all.acquire(signal, key);
    const ofTable = await this.#of(table).acquire(signal, key);
    try {
      return both(await this.#all.acquire(signal, key), ofTable);
    } catch (error) {
      ofTable.release();
      throw error;
    }
  }

  #of(table: string): Semaphore {
    let shares = this.#tables.get(table);
    if (!shares) {
      const { size } = this.#config;
      const most = Math.max(1, size - Math.ceil(size / 5));
      shares = this.#allBut(most, 0);
      this.#tables.set(table, shares);
    }
    return shares;
  }

  #allBut(size: number, kept: number): Semaphore {
    const { size: all, timeoutMs } = this.#config;
    return new Semaphore({ size, perKey: Math.max(1, size - kept), timeoutMs, toError: () => busy(all, timeoutMs) });
  }
}

/**
 * The first table that a statement names, unquoted; '' if it names none. A wrong result only makes the shares less fair.
 */
export function tableNamedIn(text: string): string {
  const named = /\b(?:from|into|update|join)\s+(?!lateral\b|only\b)((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)/i.exec(
    text,
  )?.[1];
  return named?.replaceAll('"', '') ?? '';
}

function both(first: Permit, second: Permit): Permit {
  const release = () => {
    first.release();
    second.release();
  };
  return { release, [Symbol.dispose]: release };
}

function busy(size: number, timeoutMs: number): GatherError {
  const message = `Expected a free connection to the database within ${timeoutMs / 1000} s, got none: all ${size}, or the share of one client or one table, are in use. Try again in a moment.`;
  return new GatherError('BUSY', message, { source: 'postgres', retryable: true });
}
