import * as z from 'zod';
import { defineTask } from '../jobs/task.ts';

/** Removes the bytes of deleted files. Can be repeated. */
export const removeBytes = defineTask({
  name: 'removeBytes',
  input: z.strictObject({ keys: z.array(z.uuid()) }),
  attempts: 10,
  backoffSeconds: 10,
  timeoutMs: 60_000,
  concurrency: 2,
  // Not limited by the user's pending jobs: the rows have already been deleted.
  isEssential: true,
  run: async ({ keys }, { store, signal }) => {
    for (const key of keys) {
      signal.throwIfAborted();
      await store.remove(key);
    }
    return { removed: keys.length };
  },
});
