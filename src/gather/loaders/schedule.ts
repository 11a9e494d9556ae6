import type { Brought, Database } from '../database/database.ts';
import type { Leads } from './leads.ts';

/** A batch of a loader. */
export interface Batch {
  /** The name of its loader, as fields lead to it. */
  loader: string;
  /** What it brings. @default not known */
  rows?: Brought;
}

/** Schedules the dispatch of a batch, once it is as large as it gets. */
export type Schedule = (batch: Batch, dispatch: () => void) => void;

/** A batch that was asked for. */
interface Waiting extends Batch {
  dispatch: () => void;
  /** Counts up. Batches of one turn of the event loop belong to one level. */
  turn: number;
  /** Runs while it is held. */
  timer?: NodeJS.Timeout;
  /** The statements that ran when it was held first. */
  statements?: readonly Promise<unknown>[];
  /** It has been held for long enough. */
  isLate?: boolean;
}

/** The longest time that a batch is held. */
const MAX_HOLD_MS = 20;

/**
 * Dispatches the batches that a request asks for at the end of the turn of the event loop, but holds each, for up to 20 ms,
 * while rows are under way that may bring it more keys:
 *
 * - those of a running statement. The plan of the operation knows what its rows lead to, unless a resolver of the application
 *   is among its fields. A statement that runs for more than 20 ms is slow even on a busy machine, and holds batches back once;
 * - those of a batch that was asked for before, which belongs to the level above.
 *
 * DataLoader alone dispatches a batch as soon as no promise is left to settle. The rows of one level of a page often come
 * from two statements on two connections, a fraction of a millisecond apart, or some milliseconds on a busy machine: it
 * would dispatch two batches instead of one, and two again on each level below.
 */
export function createSchedule(database: Pick<Database, 'running' | 'ended'>, leads: Leads): Schedule {
  const slow = new Set<Promise<unknown>>();
  let waiting: Waiting[] = [];
  let checks = 0;
  let isChecking = false;

  const isAwaited = ({ loader }: Batch) =>
    database.running.entries().some(([statement, rows]) => !slow.has(statement) && leads.mayLead(rows, loader));

  const comesFirst = (other: Waiting, batch: Waiting) =>
    other.turn < batch.turn && leads.mayLead(other.rows, batch.loader);

  const isHeld = (batch: Waiting) =>
    !batch.isLate && (isAwaited(batch) || waiting.some((other) => comesFirst(other, batch)));

  const check = () => {
    isChecking = false;
    checks += 1;
    const held = waiting.filter(isHeld);
    const leaving = held.length === 0 ? waiting : waiting.filter((batch) => !held.includes(batch));
    waiting = held;
    for (const { timer, dispatch } of leaving) {
      clearTimeout(timer);
      dispatch();
    }
    for (const batch of held) {
      batch.timer ??= setTimeout(letGo, MAX_HOLD_MS, batch);
      batch.statements ??= [...database.running.keys()];
    }
    if (held.length === 0) return;
    // What has left may have started no statement.
    if (leaving.length > 0) checkSoon();
    else void Promise.race(database.running.keys()).then(checkSoon, checkSoon);
  };

  const checkSoon = () => {
    if (isChecking) return;
    isChecking = true;
    setImmediate(check);
  };

  const letGo = (batch: Waiting) => {
    batch.isLate = true;
    for (const statement of batch.statements ?? []) if (database.running.has(statement)) slow.add(statement);
    checkSoon();
  };

  return (batch, dispatch) => {
    // A statement that has ended in this turn has brought rows. Their batches belong to the level below.
    waiting.push({ ...batch, dispatch, turn: checks + database.ended });
    checkSoon();
  };
}
