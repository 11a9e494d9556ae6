import type { Database } from '../database/database.ts';

/** Takes the function that sends a loader's batch on its way. It is DataLoader's `batchScheduleFn`. */
export type Schedule = (dispatch: () => void) => void;

/** How long a statement holds batches back, at most, for the keys that its rows may bring. */
const MAX_HOLD_MS = 20;

/**
 * Sends all batches of a request that were asked for in the same turn of the event loop on their way together, once
 * the turn is over and the statements under way have ended, but at most 20 ms later.
 *
 * DataLoader by itself sends a batch as soon as no promise is left to settle. The rows of one level of a page often
 * come from two statements, on two connections, some fractions of a millisecond apart, or some milliseconds where the
 * machine is busy: it would then send two batches where one would do, and two again on each level below. Holding the
 * first costs a page next to nothing, because the page waits for the slower statement anyhow.
 *
 * A statement that runs for more than 20 ms is slow even on a busy machine, and delays no further batch. So it
 * delays the levels beside it once, and not each of them.
 *
 * Batches that are asked for while others are held belong to a level below: they wait until these are on their way, and
 * are then held for the rows that these bring.
 */
export function createSchedule({ running }: Pick<Database, 'running'>): Schedule {
  const slow = new WeakSet<Promise<unknown>>();
  let waiting: (() => void)[] = [];
  let isHolding = false;

  const findAwaited = () => [...running].filter((statement) => !slow.has(statement));

  /** Which statements batches wait for is seen before the next answer of PostgreSQL is read, however long a turn takes. */
  const begin = () => {
    isHolding = true;
    afterPromises(() => {
      if (findAwaited().length > 0) hold();
      else setImmediate(hold);
    });
  };

  const hold = () => {
    const batches = waiting;
    waiting = [];
    whenSettled(() => {
      for (const dispatch of batches) dispatch();
      isHolding = false;
      if (waiting.length > 0) begin();
    });
  };

  /** Calls back when the statements under way have ended and their rows have been handed out, or 20 ms have passed. */
  const whenSettled = (then: () => void) => {
    const awaited = findAwaited();
    if (awaited.length === 0) {
      then();
      return;
    }
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      clearTimeout(timer);
      setImmediate(then);
    };
    const timer = setTimeout(() => {
      for (const statement of awaited) slow.add(statement);
      release();
    }, MAX_HOLD_MS);
    void Promise.allSettled(awaited).then(release);
  };

  return (dispatch) => {
    waiting.push(dispatch);
    if (!isHolding) begin();
  };
}

/** Calls back when no promise is left to settle, and before the event loop goes on. */
function afterPromises(then: () => void): void {
  void Promise.resolve().then(() => process.nextTick(then));
}
