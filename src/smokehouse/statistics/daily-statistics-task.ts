import { defineTask } from 'gather';
import * as z from 'zod';
import { writeDailyStatistics } from './daily-statistics.ts';

/** Writes the statistics of each day since the last one written, up to yesterday; or of one given day. */
export const dailyStatistics = defineTask({
  name: 'dailyStatistics',
  input: z.strictObject({ date: z.iso.date().optional() }),
  attempts: 5,
  backoffSeconds: 10,
  timeoutMs: 60_000,
  concurrency: 1,
  run: ({ date }, { database, timeZone }) => writeDailyStatistics(database, timeZone, date),
});
