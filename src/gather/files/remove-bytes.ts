import * as z from 'zod';
import { defineTask } from '../jobs/task.ts';

/** Removes the bytes of files whose rows are deleted. Those that are gone already stay gone. */
export const removeBytes = defineTask({
  name: 'removeBytes',
  input: z.strictObject({ keys: z.array(z.uuid()) }),
  attempts: 10,
  backoffSeconds: 10,
  timeoutMs: 60_000,
  concurrency: 2,
  // It belongs to a deletion.
  isEssential: true,
  run: async ({ keys }, { store, signal }) => {
    for (const key of keys) {
      signal.throwIfAborted();
      await store.remove(key);
    }
    return { removed: keys.length };
  },
});
