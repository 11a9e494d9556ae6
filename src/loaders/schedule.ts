import type { Database } from '../database/database.ts';

/** Takes the function that sends a loader's batch on its way. It is DataLoader's `batchScheduleFn`. */
export type Schedule = (dispatch: () => void) => void;

/** How long a batch is held back, at most, for rows that may bring it more keys. */
const MAX_HOLD_MS = 3;

/**
 * Sends all batches of a request that were asked for in the same turn of the event loop on their way together, once
 * the turn is over and the statements under way have ended, but at most 3 ms later.
 *
 * DataLoader by itself sends a batch as soon as no promise is left to settle. The rows of one level of a page often
 * come from two statements, on two connections, some fractions of a millisecond apart: it would then send two batches
 * where one would do, and two again on each level below. Holding the first costs a page next to nothing, because the
 * page waits for the slower statement anyhow.
 */
export function createSchedule(database: Database): Schedule {
  let waiting: (() => void)[] = [];

  const dispatchAll = () => {
    const batches = waiting;
    waiting = [];
    for (const dispatch of batches) dispatch();
  };

  const hold = () => {
    if (!database.isBusy) return dispatchAll();
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      clearTimeout(timer);
      setImmediate(dispatchAll);
    };
    const timer = setTimeout(release, MAX_HOLD_MS);
    void database.settled().then(release);
  };

  return (dispatch) => {
    waiting.push(dispatch);
    if (waiting.length === 1) setImmediate(hold);
  };
}
