import { sql } from 'kysely';
import type { EngineMigration } from '../schemas.ts';

/** Files are counted at commit, when a viewer's role may be in force, which has no rights to the engine's tables. */
export const grantStorage: EngineMigration = (schema) => async (database) => {
  const countStorage = sql.id(schema, 'count_storage');
  await sql`alter function ${countStorage}() security definer set search_path = pg_catalog, pg_temp`.execute(database);
};
