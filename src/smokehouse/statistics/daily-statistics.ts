import { type Database, type Day, GatherError } from 'gather';
import { findLastDay, writeStatistics } from './statistics-rows.ts';

/** After a longer gap, earlier days are left out. They can be written one by one. */
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/**
 * Writes the statistics of a day, or by default of each day since the last one written, yesterday at least. Idempotent,
 * except for data that has come in since.
 * @throws INVALID_INPUT for a day that is not over
 */
export async function writeDailyStatistics(
  database: Database,
  timeZone: string,
  day?: Day,
): Promise<{ from: Day; to: Day }> {
  const days = day === undefined ? await findMissing(database, timeZone) : { from: day, to: day };
  if (day !== undefined) await assertOver(database, timeZone, day);
  await writeStatistics(database, { ...days, timeZone });
  return days;
}

/** Checks that a day is over. One statement. @throws INVALID_INPUT */
export async function assertOver(database: Database, timeZone: string, day: Day): Promise<void> {
  const yesterday = addDays((await findLastDay(database, timeZone)).today, -1);
  if (day <= yesterday) return;
  const message = `Expected a day that is over, ${yesterday} or before, got ${day}.`;
  throw new GatherError('INVALID_INPUT', message, { field: 'date' });
}

async function findMissing(database: Database, timeZone: string): Promise<{ from: Day; to: Day }> {
  const { today, last } = await findLastDay(database, timeZone);
  const yesterday = addDays(today, -1);
  return { from: firstMissing(last, yesterday), to: yesterday };
}

function firstMissing(last: Day | null, yesterday: Day): Day {
  if (last === null || last >= yesterday) return yesterday;
  const earliest = addDays(yesterday, 1 - MAX_DAYS);
  const next = addDays(last, 1);
  return next < earliest ? earliest : next;
}

function addDays(day: Day, count: number): Day {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}
