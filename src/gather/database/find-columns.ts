import type pg from 'pg';

/** @returns the names of the columns of all tables and views, by `schema.table` */
export async function findColumns(client: pg.Client): Promise<Map<string, Set<string>>> {
  const { rows } = await client.query<{ place: string; columns: string[] }>(
    `select n.nspname || '.' || c.relname as place, array_agg(a.attname::text) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped group by 1`,
  );
  return new Map(rows.map(({ place, columns }) => [place, new Set(columns)]));
}
