import { sql } from 'kysely';
import type { Id } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { SessionRow, UserRow } from '../database/engine-tables.generated.ts';
import { param } from '../database/statement.ts';

/** An active session and its user. */
export type FoundSession = Pick<UserRow, 'id' | 'email' | 'name' | 'role' | 'owner'> & {
  sessionId: Id;
  tokenHash: string;
  /** Whether it is past half of its lifetime, and can be renewed. */
  isAging: boolean;
};

const life = sql`interval '14 days'`;
/** The latest end of a session, however often it is renewed. */
const end = sql`session."createdAt" + interval '90 days'`;
const isAging = sql`"expiresAt" < least(now() + ${life} / 2, ${end})`;

/** Begins a session of a user; undefined if the user is disabled. */
export async function beginSession(
  database: Database,
  userId: Id,
  tokenHash: string,
): Promise<Pick<SessionRow, 'id' | 'expiresAt'> | undefined> {
  const statement = database.bind(
    'beginSession',
    (table) => sql<Pick<SessionRow, 'id' | 'expiresAt'>>`
      insert into ${table('gather.session')} ("userId", "tokenHash", "expiresAt")
      select id, ${param('tokenHash')}, now() + ${life} from ${table('gather.user')} where id = ${param('userId')} and "disabledAt" is null
      returning id, "expiresAt"`,
    { userId, tokenHash },
  );
  return (await database.run(statement, { name: 'session.begin' })).rows[0];
}

/** The sessions with these tokens, in any order, without those that have ended or whose user is disabled. */
export async function findSessions(database: Database, tokenHashes: readonly string[]): Promise<FoundSession[]> {
  const statement = database.bind(
    'findSessions',
    (table) => sql<FoundSession>`
      select session.id as "sessionId", "tokenHash", ${isAging} as "isAging", "user".id, email, name, role, owner
      from ${table('gather.session')} join ${table('gather.user')} on "user".id = "userId"
      where "tokenHash" = any(${param('tokenHashes')}::text[]) and "expiresAt" > now() and "disabledAt" is null`,
    { tokenHashes },
  );
  return (await database.run(statement, { name: 'session.find', keys: tokenHashes.length })).rows;
}

/** Renews a session. Of several concurrent calls, only the first writes. */
export async function renewSession(database: Database, id: Id): Promise<void> {
  const statement = database.bind(
    'renewSession',
    (table) => sql<never>`
      update ${table('gather.session')} set "expiresAt" = least(now() + ${life}, ${end}) where id = ${param('id')} and ${isAging}`,
    { id },
  );
  await database.run(statement, { name: 'session.renew' });
}
