import { sql } from 'kysely';
import { DatabaseError } from 'pg';
import type { Database } from './database.ts';
import { param } from './statement.ts';
import { bind } from './table-definition.ts';

const DAY_MS = 86_400_000;
/** Time zone rules change, so only the last year and the next are compared. */
const DAYS = 366;
const INVALID_PARAMETER_VALUE = '22023';

/**
 * Compares a time zone in PostgreSQL and JavaScript, which have their own copies of the rules, on each day of the last year
 * and the next. @returns how they differ; undefined if they agree
 */
export async function findTimeZoneFault(database: Database, timeZone: string): Promise<string | undefined> {
  const now = Date.now();
  const instants = Array.from({ length: 2 * DAYS + 1 }, (_, day) => new Date(now + (day - DAYS) * DAY_MS));
  const statement = bind(
    'localTimes',
    () => sql<{ local: string }>`
      select to_char(instant at time zone ${param('timeZone')}::text, 'YYYY-MM-DD HH24:MI') as local
      from unnest(${param('instants')}::timestamptz[]) with ordinality as given (instant, position) order by position`,
    { timeZone, instants: instants.map((instant) => instant.toISOString()) },
  );
  const rows = await database.run(statement, { name: 'timeZone.check' }).then(
    (result) => result.rows,
    (error: unknown) => {
      if (error instanceof DatabaseError && error.code === INVALID_PARAMETER_VALUE) return undefined;
      throw error;
    },
  );
  if (!rows) return 'PostgreSQL does not know it';
  // The Swedish format is that of ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const index = instants.findIndex((instant, position) => rows[position]?.local !== format.format(instant));
  if (index < 0) return undefined;
  const [instant, theirs] = [instants[index], rows[index]?.local];
  return `at ${instant?.toISOString()} it is ${format.format(instant)} there for Node, and ${theirs} for PostgreSQL`;
}
