import { sql } from 'kysely';
import type { EngineMigration } from '../schemas.ts';

/** The key of a user's rows in the application's tables; null for users who are their own owners. */
export const addOwners: EngineMigration = (schema) => async (database) => {
  await sql`alter table ${sql.id(schema, 'user')} add column owner text`.execute(database);
};
