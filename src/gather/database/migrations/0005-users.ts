import { type Kysely, sql } from 'kysely';

/** Who may sign in, their sessions, and whose everything is. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table "user" (
      id bigint generated always as identity primary key,
      email text not null,
      name text not null,
      role text not null,
      "passwordHash" text not null,
      "disabledAt" timestamptz,
      "createdAt" timestamptz not null default now(),
      constraint user_role_check check (role in ('CUSTOMER', 'STAFF'))
    );
    create unique index user_email_key on "user" (lower(email));

    create table session (
      id bigint generated always as identity primary key,
      "userId" bigint not null,
      "tokenHash" text not null,
      "expiresAt" timestamptz not null,
      "createdAt" timestamptz not null default now(),
      constraint "session_tokenHash_key" unique ("tokenHash"),
      constraint "session_userId_fkey" foreign key ("userId") references "user" (id) on delete cascade
    );
    create index "session_userId_idx" on session ("userId");
    create index "session_expiresAt_idx" on session ("expiresAt");

    create table "signInAttempts" (
      key text primary key,
      count integer not null,
      "until" timestamptz not null
    );
    create index "signInAttempts_until_idx" on "signInAttempts" ("until");

    alter table customer add column owner text;
    create unique index customer_owner_key on customer (owner);
    alter table certificate add column owner text;
    create index order_owner_idx on "order" (owner, id);
    create index job_owner_idx on job (owner, id);

    update file set owner = 'public'
    where id in (select "photoId" from item)
      or id in (select photo."thumbnailId" from item join file photo on photo.id = item."photoId");
  `.execute(database);
}
