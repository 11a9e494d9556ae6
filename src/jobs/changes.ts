import { untilAborted } from '../calls.ts';
import type { Database } from '../database/database.ts';
import { changesOfJob, isSettled, type JobChange } from '../database/jobs.ts';
import type { Id, JobRow } from '../database/schema.ts';
import { createTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import type { Hints } from './hints.ts';

/**
 * A job as it stands, then as it was after each of its changes, until it is settled. None is left out, because they
 * are read from where they are noted. Ends with the signal's reason when that aborts.
 * @throws NOT_FOUND where there is none
 */
export async function* changes(hints: Hints, database: Database, id: Id): AsyncGenerator<JobRow, void, void> {
  const { job: jobs } = createTables(database);
  const bell = new Bell();
  const unwatch = hints.watch(id, () => bell.ring());
  try {
    let job = await jobs.get({ id });
    yield job;
    while (!isSettled(job.state)) {
      await untilAborted(database.signal, bell.rung());
      for (const next of await read(database, job)) {
        job = next;
        yield job;
      }
    }
  } finally {
    unwatch();
  }
}

/** The job as it was after each change since; none while PostgreSQL is away: when it is back, watchers are told. */
async function read(database: Database, { id, version }: JobRow): Promise<JobRow[]> {
  try {
    const happened = await changesOfJob(database, id, version);
    if (happened.length === 0) return [];
    const present = await createTables(database).job.get({ id });
    return happened.map((change) => after(present, change));
  } catch (error) {
    if (error instanceof GatherError && error.retryable) return [];
    throw error;
  }
}

/** The job as it was after a change: it had no result while it was under way. */
function after(present: JobRow, change: JobChange): JobRow {
  return { ...present, ...change, result: change.state === 'SUCCEEDED' ? present.result : null };
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
