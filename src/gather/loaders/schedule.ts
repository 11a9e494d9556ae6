import type { Database } from '../database/database.ts';

/** Schedules the dispatch of a loader's batch: DataLoader's `batchScheduleFn`. */
export type Schedule = (dispatch: () => void) => void;

/** The longest time that batches wait for a statement, whose rows may bring more keys. */
const MAX_HOLD_MS = 20;

/**
 * Dispatches all batches that a request asked for in the same turn of the event loop together, once the turn is over and
 * running statements have ended, but at most 20 ms later.
 *
 * DataLoader alone dispatches a batch as soon as no promise is left to settle. The rows of one level of a page often come
 * from two statements on two connections, a fraction of a millisecond apart, or some milliseconds on a busy machine: it
 * would dispatch two batches instead of one, and two again on each level below. Delaying the first costs a page next to
 * nothing, because the page waits for the slower statement anyway.
 *
 * A statement that runs for more than 20 ms is slow even on a busy machine, and delays no further batch. So it delays the
 * levels beside it once, not each of them.
 *
 * Batches that are asked for while others wait belong to a level below. Once the others are dispatched, these wait for
 * their rows.
 */
export function createSchedule(database: Pick<Database, 'running' | 'ended'>): Schedule {
  const slow = new Set<Promise<unknown>>();
  /** The batches that leave next. */
  let level: (() => void)[] = [];
  /** The batches that wait for the rows of `level`. */
  let below: (() => void)[] = [];
  let isHolding = false;
  let isCollecting = false;
  let endedBefore = 0;

  const findAwaited = () => [...database.running].filter((statement) => !slow.has(statement));

  /** Collects the statements to wait for before the next answer of PostgreSQL is read, however long a turn takes. */
  const begin = (batches: (() => void)[]) => {
    level = batches;
    isHolding = true;
    isCollecting = true;
    endedBefore = database.ended;
    afterPromises(() => {
      if (findAwaited().length > 0) hold();
      else setImmediate(hold);
    });
  };

  const hold = () => {
    isCollecting = false;
    whenSettled(() => {
      for (const dispatch of level) dispatch();
      isHolding = false;
      if (below.length === 0) return;
      const next = below;
      below = [];
      begin(next);
    });
  };

  /** Calls back when the running statements have ended and their rows were delivered, or after 20 ms. */
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
    if (!isHolding) begin([dispatch]);
    // A statement that began and ended in this turn has brought rows. Their batches belong to the level below.
    else if (isCollecting && database.ended === endedBefore) level.push(dispatch);
    else below.push(dispatch);
  };
}

/** Calls back when no promise is left to settle, before the event loop continues. */
function afterPromises(then: () => void): void {
  void Promise.resolve().then(() => process.nextTick(then));
}
