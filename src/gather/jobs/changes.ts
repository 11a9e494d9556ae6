import { untilAborted } from '../calls.ts';
import type { Id } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import type { JobNotifications } from './job-notifications.ts';
import { changesOfJob, isSettled, type JobChange } from './job-rows.ts';

/**
 * A job as it stands, then as it was after each of its changes, until it is settled. None is left out, because they
 * are read from where they are noted. Ends with the signal's reason when that aborts, and with CANCELLED, retryable,
 * when the hints are closed.
 * @throws NOT_FOUND where there is none
 */
export async function* changes(
  hints: JobNotifications,
  database: Database,
  id: Id,
): AsyncGenerator<JobRow, void, void> {
  const { job: jobs } = engineTables(database);
  const bell = new Bell();
  const unwatch = hints.watch(id, () => bell.ring());
  try {
    let job = await jobs.get({ id });
    yield job;
    while (!isSettled(job.state)) {
      await untilAborted(database.signal, bell.rung());
      if (hints.isClosed) throw new GatherError('CANCELLED', 'The server is stopping. Ask again.', { retryable: true });
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

/** Its changes since; none while PostgreSQL is away: when it is back, watchers are told. */
async function read(database: Database, { id, version }: JobRow): Promise<JobChange[]> {
  try {
    return await changesOfJob(database, id, version);
  } catch (error) {
    if (error instanceof GatherError && error.retryable) return [];
    throw error;
  }
}

/** Remembers that it was rung while nobody waited. */
class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    this.#next.resolve();
  }

  async rung(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers();
  }
}
