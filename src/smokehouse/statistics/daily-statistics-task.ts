import { defineTask } from 'gather';
import * as z from 'zod';
import { writeDailyStatistics } from './daily-statistics.ts';

/** Writes what the day before brought, and each day since the last one written; or one day again. */
export const dailyStatistics = defineTask({
  name: 'dailyStatistics',
  input: z.strictObject({ date: z.iso.date().optional() }),
  attempts: 5,
  backoffSeconds: 10,
  timeoutMs: 60_000,
  concurrency: 1,
  run: ({ date }, { database, timeZone }) => writeDailyStatistics(database, timeZone, date),
});
