import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';
import { bind } from '../database/table-definition.ts';

/** Deletes up to so many sessions that have expired. @returns how many */
export async function deleteExpiredSessions(database: Database, limit: number): Promise<number> {
  const statement = bind(
    'deleteExpiredSessions',
    () => sql<never>`
      delete from session where id = any(array(
        select id from session where "expiresAt" < now() limit ${param('limit')} for update skip locked
      ))`,
    { limit },
  );
  return (await database.run(statement, { name: 'session.deleteExpired' })).count;
}

/** Forgets up to so many counts of attempts to sign in whose time is over. @returns how many */
export async function deleteOldAttempts(database: Database, limit: number): Promise<number> {
  const statement = bind(
    'deleteOldAttempts',
    () => sql<never>`
      delete from "signInAttempts" where key = any(array(
        select key from "signInAttempts" where "until" < now() limit ${param('limit')} for update skip locked
      ))`,
    { limit },
  );
  return (await database.run(statement, { name: 'signIn.deleteOldAttempts' })).count;
}
