import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';

/** Deletes up to `limit` expired sessions. @returns how many */
export async function deleteExpiredSessions(database: Database, limit: number): Promise<number> {
  const statement = database.bind(
    'deleteExpiredSessions',
    (table) => sql<never>`
      delete from ${table('gather.session')} where id = any(array(
        select id from ${table('gather.session')} where "expiresAt" < now() limit ${param('limit')} for update skip locked
      ))`,
    { limit },
  );
  return (await database.run(statement, { name: 'session.deleteExpired' })).count;
}

/** Deletes up to `limit` expired counts of attempts to sign in. @returns how many */
export async function deleteOldAttempts(database: Database, limit: number): Promise<number> {
  const statement = database.bind(
    'deleteOldAttempts',
    (table) => sql<never>`
      delete from ${table('gather.signInAttempts')} where key = any(array(
        select key from ${table('gather.signInAttempts')} where "until" < now() limit ${param('limit')} for update skip locked
      ))`,
    { limit },
  );
  return (await database.run(statement, { name: 'signIn.deleteOldAttempts' })).count;
}
