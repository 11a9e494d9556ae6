import { type Insertable, sql } from 'kysely';
import type { Database, TableReference } from '../database/database.ts';
import type { UserRow, UserTable } from '../database/engine-tables.generated.ts';
import { param } from '../database/statement.ts';

/** A user and the hash of its password. */
export type UserToCheck = Pick<UserRow, 'id' | 'email' | 'name' | 'role' | 'owner' | 'passwordHash'>;

/** A user to insert. */
export type NewUser = Pick<Insertable<UserTable>, 'email' | 'name' | 'role' | 'owner' | 'passwordHash'>;

/** The user with this email, in upper or lower case; undefined if missing or disabled. */
export async function findUser(database: Database, email: string): Promise<UserToCheck | undefined> {
  const statement = database.bind(
    'findUser',
    (table) => sql<UserToCheck>`
      select id, email, name, role, owner, "passwordHash" from ${table('gather.user')}
      where lower(email) = lower(${param('email')}::text) and "disabledAt" is null`,
    { email },
  );
  return (await database.run(statement, { name: 'user.findByEmail' })).rows[0];
}

/** Inserts a user. @returns false if the email is taken */
export async function insertUser(database: Database, user: NewUser): Promise<boolean> {
  const statement = database.bind(
    'insertUser',
    (table) => sql<never>`${insertion(table)} on conflict do nothing`,
    user,
  );
  return (await database.run(statement, { name: 'user.insert' })).count > 0;
}

/** Inserts a user, or sets the password of the one with this email. @returns false if that one is disabled */
export async function putUser(database: Database, user: NewUser): Promise<boolean> {
  const statement = database.bind(
    'putUser',
    (table) => sql<never>`
      ${insertion(table)} on conflict (lower(email)) do update set "passwordHash" = excluded."passwordHash"
      where "user"."disabledAt" is null`,
    user,
  );
  return (await database.run(statement, { name: 'user.put' })).count > 0;
}

/** Disables or enables a user, and ends its sessions. @returns false if no user has this email */
export async function setDisabled(database: Database, email: string, isDisabled: boolean): Promise<boolean> {
  const statement = database.bind(
    'setDisabled',
    (table) => sql<never>`
      with changed as (
        update ${table('gather.user')} set "disabledAt" = case when ${param('isDisabled')}::boolean then coalesce("disabledAt", now()) end
        where lower(email) = lower(${param('email')}::text) returning id
      ), ended as (
        delete from ${table('gather.session')} using changed where "userId" = changed.id
      )
      select from changed`,
    { email, isDisabled },
  );
  return (await database.run(statement, { name: 'user.setDisabled' })).count > 0;
}

const insertion = (table: TableReference) => sql`
  insert into ${table('gather.user')} as "user" (email, name, role, owner, "passwordHash")
  values (${param('email')}, ${param('name')}, ${param('role')}, ${param('owner')}, ${param('passwordHash')})`;
