import { type Columns, type Database, type Day, param, type TableReference, toColumns, toList } from 'gather';
import { sql } from 'kysely';
import type { DailyStatisticsRow } from '../generated/database.ts';

/** A range of days, both ends included, in a time zone. */
interface Days {
  from: Day;
  to: Day;
  /** An IANA name. */
  timeZone: string;
}

/**
 * Inserts or updates the statistics of these days, in one statement. When the zone's clocks change, a day has 23 or 25
 * hours.
 */
export async function writeStatistics(database: Database, days: Days): Promise<void> {
  await database.run(database.bind('writeStatistics', writing, { ...days }), { name: 'dailyStatistics.write' });
}

/** The statistics of these days, oldest first, in one statement. Days that were never written are absent. */
export async function readStatistics(
  database: Database,
  columns: Columns['dailyStatistics'],
  { from, to }: Pick<Days, 'from' | 'to'>,
): Promise<DailyStatisticsRow[]> {
  const selected = toColumns(database.definitions.dailyStatistics, columns);
  const statement = database.bind(
    `readStatistics ${selected}`,
    (table) => sql<DailyStatisticsRow>`
      select ${toList(selected)} from ${table('dailyStatistics')}
      where date between ${param('from')} and ${param('to')} order by date`,
    { from, to },
  );
  return (await database.run(statement, { name: 'dailyStatistics' })).rows;
}

/** The current day in this time zone, and the last day that was written; null if none was. */
export async function findLastDay(database: Database, timeZone: string): Promise<{ today: Day; last: Day | null }> {
  const statement = database.bind(
    'findLastDay',
    (table) => sql<{ today: Day; last: Day | null }>`
      select (now() at time zone ${param('timeZone')})::date as today, max(date) as last from ${table('dailyStatistics')}`,
    { timeZone },
  );
  const { rows } = await database.run(statement, { name: 'dailyStatistics.last' });
  return rows[0] as { today: Day; last: Day | null };
}

const writing = (table: TableReference) => sql<never>`
  with day as (
    select date::date, date at time zone zone as start, (date + interval '1 day') at time zone zone as "end"
    from (select ${param('timeZone')}::text as zone) as shop
    cross join generate_series(${param('from')}::date::timestamp, ${param('to')}::date::timestamp, interval '1 day') as date
  )
  insert into ${table('dailyStatistics')} (date, orders, revenue, "averageRating")
  select day.date, placed.orders, placed.revenue, given.average
  from day
  cross join lateral (
    select count(*)::integer as orders, coalesce(sum(total), 0) as revenue from ${table('order')}
    where "createdAt" >= day.start and "createdAt" < day."end"
  ) as placed
  cross join lateral (
    select round(avg(rating), 2)::float8 as average from ${table('review')}
    where "createdAt" >= day.start and "createdAt" < day."end"
  ) as given
  on conflict (date) do update
  set orders = excluded.orders, revenue = excluded.revenue, "averageRating" = excluded."averageRating"`;
