import { sql } from 'kysely';
import type { EngineMigration } from '../schemas.ts';

/** Users, their sessions, and attempts to sign in. */
export const createAccounts: EngineMigration = (schema) => async (database) => {
  const [user, session, attempts] = [
    sql.id(schema, 'user'),
    sql.id(schema, 'session'),
    sql.id(schema, 'signInAttempts'),
  ];
  await sql`
    create table ${user} (
      id bigint generated always as identity primary key,
      email text not null,
      name text not null,
      role text not null,
      "passwordHash" text not null,
      "disabledAt" timestamptz,
      "createdAt" timestamptz not null default now()
    );
    create unique index user_email_key on ${user} (lower(email));

    create table ${session} (
      id bigint generated always as identity primary key,
      "userId" bigint not null,
      "tokenHash" text not null,
      "expiresAt" timestamptz not null,
      "createdAt" timestamptz not null default now(),
      constraint "session_tokenHash_key" unique ("tokenHash"),
      constraint "session_userId_fkey" foreign key ("userId") references ${user} (id) on delete cascade
    );
    create index "session_userId_idx" on ${session} ("userId");
    create index "session_expiresAt_idx" on ${session} ("expiresAt");

    create table ${attempts} (
      key text primary key,
      count integer not null,
      "until" timestamptz not null
    );
    create index "signInAttempts_until_idx" on ${attempts} ("until");
  `.execute(database);
};
