import { type Kysely, sql } from 'kysely';

/** Files, those that are still on their way, and certificates. Their bytes are in the store, under their keys. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table file (
      id bigint generated always as identity primary key,
      key uuid not null,
      name text not null,
      type text not null,
      size bigint not null,
      sha256 text not null,
      owner text,
      width integer,
      height integer,
      "thumbnailId" bigint,
      "uploadTokenHash" text,
      "createdAt" timestamptz not null default now(),
      constraint file_key_key unique (key),
      constraint "file_uploadTokenHash_key" unique ("uploadTokenHash"),
      constraint file_size_check check (size >= 0),
      constraint "file_thumbnailId_fkey" foreign key ("thumbnailId") references file (id) on delete set null
    );
    create index "file_thumbnailId_idx" on file ("thumbnailId");

    alter table item add column "photoId" bigint
      constraint "item_photoId_fkey" references file (id) on delete set null;
    create index "item_photoId_idx" on item ("photoId");

    create table upload (
      id bigint generated always as identity primary key,
      "tokenHash" text not null,
      key uuid not null,
      name text not null,
      size bigint not null,
      type text,
      sha256 text,
      owner text,
      "itemId" bigint,
      "isWhole" boolean not null default false,
      writer uuid,
      "writerUntil" timestamptz,
      "wantedAt" timestamptz,
      "expiresAt" timestamptz not null default now() + interval '1 hour',
      "createdAt" timestamptz not null default now(),
      constraint "upload_tokenHash_key" unique ("tokenHash"),
      constraint upload_key_key unique (key),
      constraint "upload_itemId_fkey" foreign key ("itemId") references item (id) on delete cascade
    );
    create index "upload_expiresAt_idx" on upload ("expiresAt");
    create index "upload_itemId_idx" on upload ("itemId");

    create table certificate (
      id bigint generated always as identity primary key,
      recipient text not null,
      amount numeric(12, 2) not null,
      "fileId" bigint not null,
      "issuedAt" timestamptz not null default now(),
      constraint certificate_amount_check check (amount > 0),
      constraint "certificate_fileId_fkey" foreign key ("fileId") references file (id)
    );
    create index "certificate_fileId_idx" on certificate ("fileId");
  `.execute(database);
}
