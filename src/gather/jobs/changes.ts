import { untilAborted } from '../abort.ts';
import type { Id } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import type { JobNotifications } from './job-notifications.ts';
import { changesOfJob, isSettled, type JobChange } from './job-rows.ts';

/**
 * The current state of a job, then its state after each change, until it is settled. No change is missed: they are read
 * from a table, notifications only say when.
 * @throws NOT_FOUND; the signal's reason when it aborts; CANCELLED, retryable, when the notifications are closed
 */
export async function* changes(
  notifications: JobNotifications,
  database: Database,
  id: Id,
): AsyncGenerator<JobRow, void, void> {
  const { job: jobs } = engineTables(database);
  const changed = new AutoResetEvent();
  const unwatch = notifications.watch(id, () => changed.set());
  try {
    let job = await jobs.get({ id });
    yield job;
    while (!isSettled(job.state)) {
      await untilAborted(database.signal, changed.wait());
      if (notifications.isClosed)
        throw new GatherError('CANCELLED', 'The server is stopping. Ask again.', { retryable: true });
      for (const change of await read(database, job)) {
        const { result } = change.state === 'SUCCEEDED' ? await jobs.get({ id }, { columns: ['result'] }) : job;
        job = { ...job, ...change, result };
        yield job;
        if (isSettled(job.state)) break;
      }
    }
  } finally {
    unwatch();
  }
}

/** The changes since this version; none while PostgreSQL is unavailable: a reconnect notifies again. */
async function read(database: Database, { id, version }: JobRow): Promise<JobChange[]> {
  try {
    return await changesOfJob(database, id, version);
  } catch (error) {
    if (error instanceof GatherError && error.retryable) return [];
    throw error;
  }
}

/** An event that stays set, if nobody waits for it, until somebody does. */
class AutoResetEvent {
  #next = Promise.withResolvers<void>();

  set(): void {
    this.#next.resolve();
  }

  async wait(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers();
  }
}
