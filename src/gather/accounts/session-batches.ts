import type DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { untilAborted } from '../abort.ts';
import { Database } from '../database/database.ts';
import type { Pools } from '../database/pool.ts';
import { createTurns } from '../loaders/turns.ts';
import { type FoundSession, findSessions } from './session-rows.ts';

type SessionLoader = DataLoader<string, FoundSession | undefined>;

/** The minimum time between two statements for one sender. */
const PACE_MS = 100;
const TIMEOUT_MS = 5000;
/** Dropping a sender lets it have one more statement at a time. */
const MAX_SENDERS = 1000;

/**
 * Finds the sessions of a sender of many invalid tokens: all tokens of a tenth of a second in one statement, one statement
 * at a time. Invalid tokens then cost little, and do not keep a valid one from being found.
 */
export class SessionBatches {
  readonly #pools: Pools;
  readonly #loaders = new LRUCache<string, SessionLoader>({ max: MAX_SENDERS });

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  /** The session with this token; undefined if there is none. */
  find(sender: string, tokenHash: string, signal: AbortSignal): Promise<FoundSession | undefined> {
    let loader = this.#loaders.get(sender);
    if (!loader) {
      loader = this.#createLoader();
      this.#loaders.set(sender, loader);
    }
    return untilAborted(signal, loader.load(tokenHash));
  }

  #createLoader(): SessionLoader {
    return createTurns(
      (tokenHashes) => this.#load(tokenHashes),
      (dispatch) => setTimeout(dispatch, PACE_MS),
    );
  }

  async #load(tokenHashes: readonly string[]): Promise<(FoundSession | undefined)[]> {
    // A signal of its own: an aborted request must not end the statement that others wait for.
    const database = new Database(this.#pools, AbortSignal.timeout(TIMEOUT_MS));
    const found = await findSessions(database, [...new Set(tokenHashes)]);
    const byHash = new Map(found.map((session) => [session.tokenHash, session]));
    return tokenHashes.map((tokenHash) => byHash.get(tokenHash));
  }
}
