import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** Books and their authors in `public`, loans in a schema of their own. */
export const createLibrary: AppMigration = async (database, engineTable) => {
  await sql`
    create table author (
      id bigint generated always as identity primary key,
      name text not null,
      city text not null default ''
    );

    create table book (
      id bigint generated always as identity primary key,
      isbn text not null default gen_random_uuid()::text,
      title text not null,
      blurb text not null default '',
      status text not null default 'ACTIVE',
      price numeric(12, 2) not null default 0,
      pages integer,
      "authorId" bigint not null,
      "coverId" bigint,
      version integer not null default 1,
      "createdAt" timestamptz not null default now(),
      "updatedAt" timestamptz not null default now(),
      constraint book_isbn_key unique (isbn),
      constraint book_status_check check (status in ('DRAFT', 'ACTIVE', 'RETIRED')),
      constraint book_price_check check (price >= 0),
      constraint book_pages_check check (pages >= 0),
      constraint "book_authorId_fkey" foreign key ("authorId") references author (id),
      constraint "book_coverId_fkey" foreign key ("coverId") references ${engineTable('file')} (id) on delete set null
    );
    create index "book_authorId_idx" on book ("authorId", id);
    create index "book_coverId_idx" on book ("coverId");
    create index book_price_idx on book (price, id);
    create index book_title_idx on book (title, id);
    create index book_status_idx on book (status, id);

    create schema lending;
    create table lending.loan (
      id bigint generated always as identity primary key,
      "bookId" bigint not null references book (id) on delete cascade,
      "memberOwner" text not null,
      "dueOn" date not null,
      "returnedOn" date,
      reminded boolean not null default false
    );
    create unique index "loan_bookId_key" on lending.loan ("bookId") where "returnedOn" is null;
    create index "loan_bookId_idx" on lending.loan ("bookId", id);
    create index "loan_memberOwner_idx" on lending.loan ("memberOwner", id);
  `.execute(database);
};
