import { sql } from 'kysely';
import type { Columns } from './columns.ts';
import type { Database } from './database.ts';
import type { JobRow } from './engine-tables.generated.ts';
import { param } from './statement.ts';
import { toColumns, toList } from './table-definition.ts';

/** The latest job of each schedule, in one statement. Schedules that never ran are absent. */
export async function lastJobs(
  database: Database,
  name: string,
  columns: Columns['gather.job'],
  schedules: readonly string[],
): Promise<JobRow[]> {
  const selected = toColumns(database.definitions['gather.job'], [...columns, 'schedule']);
  const statement = database.bind(
    `${name} ${selected}`,
    (table) => sql<JobRow>`
      select distinct on (schedule) ${toList(selected)} from ${table('gather.job')}
      where schedule = any(${param('schedules')}::text[]) order by schedule, id desc`,
    { schedules },
  );
  return (await database.asServer.run(statement, { name, keys: schedules.length })).rows;
}
