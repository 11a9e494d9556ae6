import * as z from 'zod';
import { defineTask } from '../jobs/task.ts';
import { untilFewer } from '../jobs/until-fewer.ts';
import { deleteExpiredSessions, deleteOldAttempts } from './sweep-session-rows.ts';

/** Deletes expired sessions and expired counts of attempts to sign in. */
export const sweepSessions = defineTask({
  name: 'sweepSessions',
  input: z.strictObject({}),
  attempts: 3,
  backoffSeconds: 60,
  timeoutMs: 300_000,
  concurrency: 1,
  run: async (_input, { database }) => ({
    sessions: await untilFewer((limit) => deleteExpiredSessions(database, limit)),
    attempts: await untilFewer((limit) => deleteOldAttempts(database, limit)),
  }),
});
