import { defineTask, GatherError, toPublicUrl } from 'gather';
import * as z from 'zod';

/** Fetches a URL of a user. Its result is the status, type, size and body. */
export const fetchData = defineTask({
  name: 'fetchData',
  input: z.object({ url: z.string().superRefine(refuse) }),
  attempts: 3,
  backoffSeconds: 5,
  timeoutMs: 15_000,
  // A slow DNS lookup occupies one of libuv's few threads and cannot be cancelled.
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
