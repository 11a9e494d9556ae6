import type { Id, Tables } from 'gather';
import { sql } from 'kysely';

/** Marks a task as done. Does nothing if it is done already, or missing. */
export async function completeTask({ task }: Tables, id: Id): Promise<void> {
  await task.update({ id, done: false }, { done: true, completedAt: () => sql`now()` });
}
