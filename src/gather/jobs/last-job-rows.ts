import { sql } from 'kysely';
import type { Columns } from '../database/columns.ts';
import type { Database } from '../database/database.ts';
import type { JobRow } from '../database/schema.ts';
import { param } from '../database/statement.ts';
import { bind, toColumns, toList } from '../database/table-definition.ts';
import { definitions } from '../database/tables.ts';

/** The latest job of each of these schedules, in one statement; schedules that never ran are absent. */
export async function lastJobs(
  database: Database,
  name: string,
  columns: Columns['job'],
  schedules: readonly string[],
): Promise<JobRow[]> {
  const selected = toColumns(definitions.job, [...columns, 'schedule']);
  const statement = bind(
    `${name} ${selected}`,
    () => sql<JobRow>`
      select distinct on (schedule) ${toList(selected)} from job
      where schedule = any(${param('schedules')}::text[]) order by schedule, id desc`,
    { schedules },
  );
  return (await database.run(statement, { name, keys: schedules.length })).rows;
}
