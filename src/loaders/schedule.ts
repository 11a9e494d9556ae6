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
 *
 * Batches that are asked for while others are held belong to a level below: they wait until these are on their way, and
 * are then held for the rows that these bring, which makes it 6 ms at most for them.
 */
export function createSchedule(database: Database): Schedule {
  let waiting: (() => void)[] = [];
  let isHolding = false;

  const hold = () => {
    const batches = waiting;
    waiting = [];
    whenSettled(database, () => {
      for (const dispatch of batches) dispatch();
      isHolding = waiting.length > 0;
      if (isHolding) setImmediate(hold);
    });
  };

  return (dispatch) => {
    waiting.push(dispatch);
    if (!isHolding) setImmediate(hold);
    isHolding = true;
  };
}

/** Calls back when the statements under way have ended and their rows have been handed out, or 3 ms have passed. */
function whenSettled(database: Database, then: () => void): void {
  if (!database.isBusy) {
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
  const timer = setTimeout(release, MAX_HOLD_MS);
  void database.settled().then(release);
}
