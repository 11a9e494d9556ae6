import { LRUCache } from 'lru-cache';
import { Listener } from './listener.ts';
import type { Pools } from './pool.ts';

interface ReplicaConfig {
  primary: Pools;
  /** The connections to the replica. */
  replica: Pools;
  /** The URL of the primary, without a pooler. */
  listenUrl: string;
}

/** A place in PostgreSQL's write-ahead log. */
type Place = bigint;

/** The key of a write that counts for all clients. */
const ALL = '';
/** How often the replica is asked how far it has replayed the log. */
const POLL_INTERVAL_MS = 200;
/** The clients whose last mutation is remembered; the last mutation of the others counts for all. */
const MAX_CLIENTS = 10_000;

/**
 * A read replica. Queries of a client read from it once it has replayed the client's last mutation, on any server: servers
 * tell each other by NOTIFY. They read from the primary until then, and while the replica or the connection that listens is
 * lost. Close it.
 */
export class Replica {
  readonly #primary: Pools;
  readonly #replica: Pools;
  readonly #channel: string;
  readonly #listener: Listener;
  readonly #timer: NodeJS.Timeout;
  /** The end of each client's last mutation. */
  readonly #written: LRUCache<string, Place>;
  /** The end of all other mutations, and of what counts for all; undefined if it has to be asked for. */
  #floor: Place | undefined;
  /** How far the replica has replayed the log; undefined while it cannot be reached. */
  #replayed: Place | undefined;
  #isListening = false;
  /** How often the floor was forgotten. */
  #forgotten = 0;
  #polling: Promise<void> | undefined;

  constructor({ primary, replica, listenUrl }: ReplicaConfig) {
    this.#primary = primary;
    this.#replica = replica;
    this.#channel = `${primary.definitions['gather.job'].schema}_written`;
    this.#written = new LRUCache({
      max: MAX_CLIENTS,
      dispose: (place, _, reason) => reason === 'evict' && this.#raiseFloor(place),
    });
    this.#listener = new Listener(listenUrl, this.#channel, {
      onNotification: (payload) => this.#note(payload),
      onConnect: () => {
        // Notifications may have been missed before.
        this.#forget();
        this.#isListening = true;
      },
      onEnd: () => {
        this.#isListening = false;
      },
    });
    replica.control.on('error', () => {
      this.#replayed = undefined;
    });
    this.#timer = setInterval(() => {
      this.#polling ??= this.#poll().finally(() => {
        this.#polling = undefined;
      });
    }, POLL_INTERVAL_MS).unref();
  }

  /** The connections for a query of this client. */
  poolsFor(key: string): Pools {
    if (!this.#isListening || this.#floor === undefined || this.#replayed === undefined) return this.#primary;
    const own = this.#written.get(key) ?? this.#floor;
    return this.#replayed >= own && this.#replayed >= this.#floor ? this.#replica : this.#primary;
  }

  /** Records that this client, by default any, may have written or seen something that was written just now. */
  async noteWrite(key = ALL): Promise<void> {
    try {
      const { rows } = await this.#primary.control.query<{ payload: string }>(
        `select payload, pg_notify($1, payload)
         from (select pg_current_wal_insert_lsn()::text || ' ' || $2::text as payload) written`,
        [this.#channel, key],
      );
      if (rows[0]) this.#note(rows[0].payload);
    } catch {
      // Any client may have written something.
      this.#forget();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
    await this.#listener.close();
  }

  #note(payload: string): void {
    const [lsn = '', ...words] = payload.split(' ');
    const key = words.join(' ');
    const place = toPlace(lsn);
    // Notifications come from several connections, and not always in order.
    if (key === ALL) this.#raiseFloor(place);
    else if (place > (this.#written.get(key) ?? 0n)) this.#written.set(key, place);
  }

  /** Queries read from the primary until the replica has all that is written by the next poll. */
  #forget(): void {
    this.#floor = undefined;
    this.#written.clear();
    this.#forgotten += 1;
  }

  #raiseFloor(place: Place): void {
    // An answer that is under way may be older.
    if (this.#floor === undefined) this.#forgotten += 1;
    else if (place > this.#floor) this.#floor = place;
  }

  async #poll(): Promise<void> {
    const forgotten = this.#forgotten;
    try {
      if (this.#floor === undefined) {
        const { rows } = await this.#primary.control.query<{ lsn: string }>(
          'select pg_current_wal_insert_lsn()::text as lsn',
        );
        if (this.#forgotten === forgotten) this.#floor = toPlace(rows[0]?.lsn ?? '0/0');
      }
      const { rows } = await this.#replica.control.query<{ lsn: string | null }>(
        'select pg_last_wal_replay_lsn()::text as lsn',
      );
      const lsn = rows[0]?.lsn;
      this.#replayed = lsn ? toPlace(lsn) : undefined;
    } catch {
      this.#replayed = undefined;
    }
  }
}

/** `16/B374D848` is the upper and the lower half of a 64-bit number. */
function toPlace(lsn: string): Place {
  const [upper = '0', lower = '0'] = lsn.split('/');
  return (BigInt(`0x${upper}`) << 32n) | BigInt(`0x${lower}`);
}
