import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** Books and their authors in `public`, loans in a schema of their own. */
export const createLibrary: AppMigration = async (database) => {
  await sql`
    create table author (
      id bigint generated always as identity primary key,
      name text not null
    );

    create table book (
      id bigint generated always as identity primary key,
      title text not null,
      "authorId" bigint not null references author (id)
    );
    create index "book_authorId_idx" on book ("authorId", id);

    create schema lending;
    create table lending.loan (
      id bigint generated always as identity primary key,
      "bookId" bigint not null references book (id),
      "memberOwner" text not null,
      "dueOn" date not null,
      reminded boolean not null default false,
      constraint "loan_bookId_key" unique ("bookId")
    );
    create index "loan_memberOwner_idx" on lending.loan ("memberOwner", id);
  `.execute(database);
};
