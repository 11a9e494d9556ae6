import type { Client } from 'pg';
import { toGatherError } from './errors.ts';
import type { Definitions } from './tables.ts';

/**
 * The columns that a database does not have although the generated definitions have them, as `public.book.title`; a table
 * that is missing lacks all of its own. One statement; reads only.
 * @throws DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function findMissingColumns(client: Client, definitions: Definitions): Promise<string[]> {
  const expected = Object.values(definitions).flatMap(({ schema, table, types }) =>
    Object.keys(types).map((column) => ({ schema, table, column })),
  );
  const text = `
    select expected.* from json_to_recordset($1::json) as expected (schema text, "table" text, "column" text)
    where not exists (
      select from pg_catalog.pg_attribute
      join pg_catalog.pg_class on pg_class.oid = attrelid
      join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where nspname = expected.schema and relname = expected."table" and attname = expected."column" and not attisdropped
    )`;
  const { rows } = await client.query<(typeof expected)[number]>(text, [JSON.stringify(expected)]).catch((error) => {
    throw toGatherError(error);
  });
  return rows.map(({ schema, table, column }) => `${schema}.${table}.${column}`);
}
