import { defineTask, GatherError, toPublicUrl } from 'gather';
import * as z from 'zod';

/** Fetches a URL that a user gave, and keeps its status, type, size and body. */
export const fetchData = defineTask({
  name: 'fetchData',
  input: z.object({ url: z.string().superRefine(refuse) }),
  attempts: 3,
  backoffSeconds: 5,
  timeoutMs: 15_000,
  // A name that is slow to look up holds one of the process's few threads for files, and cannot be let go.
  concurrency: 2,
  run: async ({ url }, { fetchPublic, signal }) => ({ ...(await fetchPublic(url, signal)) }),
});

function refuse(url: string, context: z.core.$RefinementCtx<string>): void {
  try {
    toPublicUrl(url);
  } catch (error) {
    if (!(error instanceof GatherError)) throw error;
    context.addIssue(error.message);
  }
}
