import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** Genres, each of many books, in an order of the book's own; and books that are read after others. */
export const createGenres: AppMigration = async (database) => {
  await sql`
    create table genre (
      id bigint generated always as identity primary key,
      name text not null,
      constraint genre_name_key unique (name)
    );

    create table "bookGenre" (
      id bigint generated always as identity primary key,
      "bookId" bigint not null references book (id) on delete cascade,
      "genreId" bigint not null references genre (id) on delete cascade,
      weight integer not null default 1,
      note text
    );
    create index "bookGenre_bookId_idx" on "bookGenre" ("bookId", "genreId");
    create index "bookGenre_genreId_idx" on "bookGenre" ("genreId", "bookId");

    create table sequel (
      id bigint generated always as identity primary key,
      "bookId" bigint not null references book (id) on delete cascade,
      "laterId" bigint not null references book (id) on delete cascade
    );
    create index "sequel_bookId_idx" on sequel ("bookId");
    create index "sequel_laterId_idx" on sequel ("laterId");
  `.execute(database);
};
