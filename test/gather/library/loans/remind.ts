import { defineSchedule, defineTask } from 'gather';
import * as z from 'zod';

/** Reminds the members whose loans are due by a day. */
export const remind = defineTask({
  name: 'remind',
  input: z.object({ by: z.string() }),
  attempts: 2,
  backoffSeconds: 1,
  timeoutMs: 10_000,
  concurrency: 2,
  run: async ({ by }, { tables }) => ({
    reminded: await tables['lending.loan'].update({ dueOn: { lte: by }, reminded: false }, { reminded: true }),
  }),
});

export const remindAll = defineSchedule('remindAll', { cron: '0 8 * * *', task: remind, input: { by: '9999-12-31' } });
