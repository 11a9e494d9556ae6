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

/** What the role of a connection lacks to migrate a database. */
export interface MissingRights {
  role: string;
  /** Whether its transactions are read-only, or the server is a standby. */
  isReadOnly: boolean;
  /** The statements that grant the rights it lacks on the database and its schemas. */
  grants: readonly string[];
}

/** Looks up what the role of a connection lacks to create or change what is in these schemas. Reads only the catalog. */
export async function readMissingRights(
  client: pg.Client,
  { engineSchema, queueSchema }: EngineSchemas,
  hasMigrations: boolean,
): Promise<MissingRights> {
  const { rows } = await client.query<MissingRights>(
    `select current_user as role, current_setting('transaction_read_only') = 'on' as "isReadOnly",
       array(select distinct case
           when n.oid is null then format('grant create on database %I to %I', current_database(), current_user)
           when name = any($1) then format('grant %I to %I', pg_get_userbyid(nspowner), current_user)
           else format('grant usage, create on schema %I to %I', name, current_user) end
         from unnest($1::text[] || $2::text[]) name left join pg_namespace n on nspname = name
         where case
           when n.oid is null then not has_database_privilege(current_database(), 'create')
           when name = any($1) then not pg_has_role(nspowner, 'usage')
           else not (has_schema_privilege(n.oid, 'usage') and has_schema_privilege(n.oid, 'create')) end
         order by 1) as grants`,
    [[engineSchema, queueSchema], hasMigrations ? ['public'] : []],
  );
  return rows[0] as MissingRights;
}
