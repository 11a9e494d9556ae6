import { LRUCache } from 'lru-cache';
import { type Permit, Semaphore } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';

/** The shares of a pool's connections that clients may take. */
export interface Shares {
  /**
   * Takes the permit of a connection at once if one is free, or waits for it.
   * @param key the client whose share it counts against; undefined counts against none
   * @param since when the client's request arrived; see `Semaphore`
   * @param text the statement that the connection is for; undefined for a transaction
   * @throws the signal's reason if that has aborted; the promise rejects with it later, or with BUSY after the timeout
   */
  acquire(signal: AbortSignal, key: string | undefined, since?: number, text?: string): Permit | Promise<Permit>;
  /** Records how long a successful statement took, in milliseconds. */
  note?(text: string, ms: number): void;
  /** How many wait. */
  readonly waiting: number;
  /** How many clients wait, as a new one sees it: they take turns. */
  readonly waitingKeys: number;
}

interface KnownStatement {
  /** The shares of the table that it names. */
  table: Semaphore | undefined;
  /** The moving average of its duration; undefined until it has run. */
  averageMs: number | undefined;
}

interface Limit {
  semaphore: Semaphore;
  key: string | undefined;
}

interface SharesConfig {
  /** Connections of the pool. */
  size: number;
  timeoutMs: number;
}

/** A statement with this moving average duration is slow. */
const SLOW_MS = 100;
/** How many times one client may run the same statement concurrently while it is slow, or has never run. */
const SLOW_AT_ONCE = 2;
const MAX_KNOWN = 1000;

/** A pool of which one client has at most half. Waiting clients take turns. */
export function createHalves({ size, timeoutMs }: SharesConfig): Semaphore {
  return new Semaphore({ size, perKey: Math.ceil(size / 2), timeoutMs, toError: () => busy(size, timeoutMs) });
}

/**
 * The pool of statements. A statement that waits for a lock or reads a whole table keeps its connection, so some
 * connections stay reserved: of each ten, one table has at most eight and one client nine. One page can still run many
 * statements at once, a locked table leaves connections to other tables, and waiting clients take turns. All
 * transactions count as one table. A slow statement runs at most twice at a time per client, because it takes CPU too, and
 * so does one that may be slow, as it has never run.
 */
export class StatementShares implements Shares {
  readonly #config: SharesConfig;
  readonly #all: Semaphore;
  /** By client and statement. */
  readonly #slow: Semaphore;
  readonly #transactions: Semaphore;
  readonly #tables = new Map<string, Semaphore>();
  /** By text. */
  readonly #statements = new LRUCache<string, KnownStatement>({ max: MAX_KNOWN });

  constructor(config: SharesConfig) {
    const { size, timeoutMs } = config;
    this.#config = config;
    this.#all = this.#allBut(size, Math.ceil(size / 10));
    this.#transactions = this.#ofOneTable();
    this.#slow = new Semaphore({
      size: Number.POSITIVE_INFINITY,
      perKey: SLOW_AT_ONCE,
      timeoutMs,
      toError: () => busy(size, timeoutMs),
    });
  }

  get waiting(): number {
    return [...this.#tables.values(), this.#transactions, this.#slow].reduce(
      (sum, { waiting }) => sum + waiting,
      this.#all.waiting,
    );
  }

  get waitingKeys(): number {
    const all = [this.#all, this.#transactions, ...this.#tables.values()];
    return Math.max(...all.map(({ waitingKeys }) => waitingKeys));
  }

  acquire(signal: AbortSignal, key: string | undefined, since?: number, text?: string): Permit | Promise<Permit> {
    signal.throwIfAborted();
    const permits: Permit[] = [];
    const limits = this.#limitsOf(key, text);
    for (const { semaphore, key: of } of limits) {
      const permit = semaphore.tryAcquire(of);
      if (!permit) return waitForAll(permits, limits.slice(permits.length), signal, since);
      permits.push(permit);
    }
    return join(permits);
  }

  note(text: string, ms: number): void {
    const statement = this.#know(text);
    statement.averageMs = ((statement.averageMs ?? ms) + ms) / 2;
  }

  /** The semaphores to pass, in order: the scarce connections last. */
  #limitsOf(key: string | undefined, text: string | undefined): Limit[] {
    const all = { semaphore: this.#all, key };
    if (text === undefined) return [{ semaphore: this.#transactions, key }, all];
    const { averageMs = Number.POSITIVE_INFINITY, table } = this.#know(text);
    const limits = table ? [{ semaphore: table, key }, all] : [all];
    const mayBeSlow = key !== undefined && averageMs >= SLOW_MS;
    return mayBeSlow ? [{ semaphore: this.#slow, key: `${key} ${text}` }, ...limits] : limits;
  }

  #know(text: string): KnownStatement {
    let statement = this.#statements.get(text);
    if (!statement) {
      const table = tableNamedIn(text);
      statement = { table: table === '' ? undefined : this.#of(table), averageMs: undefined };
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #of(table: string): Semaphore {
    let shares = this.#tables.get(table);
    if (!shares) {
      shares = this.#ofOneTable();
      this.#tables.set(table, shares);
    }
    return shares;
  }

  #ofOneTable(): Semaphore {
    const { size } = this.#config;
    return this.#allBut(Math.max(1, size - Math.ceil(size / 5)), 0);
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

/** Waits for the permits that are missing, one after the other. */
async function waitForAll(
  permits: Permit[],
  missing: readonly Limit[],
  signal: AbortSignal,
  since: number | undefined,
): Promise<Permit> {
  try {
    for (const { semaphore, key } of missing) permits.push(await semaphore.acquire(signal, key, since));
    return join(permits);
  } catch (error) {
    releaseAll(permits);
    throw error;
  }
}

function releaseAll(permits: readonly Permit[]): void {
  for (const permit of permits) permit.release();
}

function join(permits: readonly Permit[]): Permit {
  const release = () => releaseAll(permits);
  return { release, [Symbol.dispose]: release };
}

function busy(size: number, timeoutMs: number): GatherError {
  const message = `Expected a free connection to the database within ${timeoutMs / 1000} s, got none: all ${size}, or the share of one client or one table, are in use (DATABASE_CONNECTIONS). Try again in a moment.`;
  return new GatherError('BUSY', message, { source: 'postgres', retryable: true });
}
