import { defineTask } from 'gather';
import * as z from 'zod';

/** Adds two numbers: a minimal task. */
export const add = defineTask({
  name: 'add',
  input: z.object({ x: z.int(), y: z.int() }),
  attempts: 3,
  backoffSeconds: 1,
  timeoutMs: 10_000,
  concurrency: 200,
  run: async ({ x, y }) => x + y,
});
