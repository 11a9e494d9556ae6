import type pg from 'pg';
import { tables } from './engine-tables.generated.ts';
import type { EngineSchemas } from './schemas.ts';

/** What the role of a connection may do with the engine's own tables. */
export interface EngineAccess {
  /** `none` also if there are no such tables. */
  may: 'write' | 'read' | 'none';
  /** The name of the role. */
  role: string;
  /** Whether its transactions are read-only, or the server is a standby. */
  isReadOnly: boolean;
}

const TABLES = Object.values(tables).map(({ table }) => table);
/** The table of pg-boss that jobs are written to. */
const QUEUE_TABLE = 'job';

/** Looks up what the role of a connection may do. Reads only the catalog, which every role may. */
export async function readAccess(
  client: pg.Client,
  { engineSchema, queueSchema }: EngineSchemas,
): Promise<EngineAccess> {
  const { rows } = await client.query<{ role: string; isReadOnly: boolean; seen: number; mayWrite: boolean }>(
    `select current_user as role, current_setting('transaction_read_only') = 'on' as "isReadOnly",
       (count(*) filter (where n.nspname = $1))::integer as seen,
       coalesce(bool_and(has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update')
         and has_table_privilege(c.oid, 'delete')), false) as "mayWrite"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where has_schema_privilege(n.oid, 'usage')
       and (n.nspname = $1 and c.relname = any($2) or n.nspname = $3 and c.relname = $4)`,
    [engineSchema, TABLES, queueSchema, QUEUE_TABLE],
  );
  const { role = '', isReadOnly = false, seen = 0, mayWrite = false } = rows[0] ?? {};
  const may = seen === 0 ? 'none' : mayWrite && !isReadOnly ? 'write' : 'read';
  return { may, role, isReadOnly };
}
