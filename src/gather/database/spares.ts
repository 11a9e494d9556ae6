import type pg from 'pg';
import { AttachedProperty } from '../attached-property.ts';

const sparesOf = new AttachedProperty<pg.Pool, Spares>();

/**
 * The connections of a pool that were left in this turn of the event loop. The next statement takes one of them without the
 * pool, whose queue and timers cost as much as sending it. What nobody takes goes back to the pool at the end of the turn.
 */
export class Spares {
  readonly #clients: pg.PoolClient[] = [];
  #isReturning = false;

  static of(pool: pg.Pool): Spares {
    let spares = sparesOf.get(pool);
    if (!spares) {
      spares = new Spares();
      sparesOf.set(pool, spares);
    }
    return spares;
  }

  /** A connection for a holder of a permit, if there is one. */
  take(): pg.PoolClient | undefined {
    let client = this.#clients.pop();
    while (client && !isSound(client)) {
      client.release(true);
      client = this.#clients.pop();
    }
    return client;
  }

  /** @param client a sound connection, outside of a transaction */
  add(client: pg.PoolClient): void {
    this.#clients.push(client);
    if (this.#isReturning) return;
    this.#isReturning = true;
    setImmediate(this.#giveBack);
  }

  readonly #giveBack = (): void => {
    this.#isReturning = false;
    for (const client of this.#clients.splice(0)) client.release();
  };
}

/** Whether it was not lost meanwhile. pg's pool reads the same property of a connection that is released. */
function isSound(client: pg.PoolClient): boolean {
  return (client as unknown as { _queryable: boolean })._queryable;
}
