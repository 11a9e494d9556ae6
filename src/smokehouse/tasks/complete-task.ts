import type { Id, Tables } from 'gather';
import { sql } from 'kysely';

/** Marks a task as done, now. One that is done already, or is not there, stays as it is. */
export async function completeTask({ task }: Tables, id: Id): Promise<void> {
  await task.update({ id, done: false }, { done: true, completedAt: () => sql`now()` });
}
