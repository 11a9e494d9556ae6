import { defineTask, ownerOf, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

/** Adds two numbers: the smallest task there is. */
export const addTask = defineTask({
  name: 'add',
  input: z.object({ x: z.int(), y: z.int() }),
  attempts: 3,
  backoffSeconds: 1,
  timeoutMs: 10_000,
  concurrency: 4,
  run: async ({ x, y }) => x + y,
});

export const add: MutationResolvers['add'] = (_, input, context) =>
  runMutation(context, { job: null }, async () => ({
    job: await context.jobs.enqueue(addTask, addTask.input.parse(input), {
      database: context.database,
      owner: ownerOf(context.viewer),
    }),
  }));
