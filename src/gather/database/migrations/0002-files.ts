import { sql } from 'kysely';
import type { EngineMigration } from '../schemas.ts';

/**
 * Files, and uploads in progress. Their bytes are in the store, under their keys.
 *
 * "storage" counts the bytes of the files and announced uploads of each owner, and under '' those of all owners. Triggers
 * update it at commit, or at `set constraints all immediate`: after the other locks of a transaction, to prevent deadlocks.
 */
export const createFiles: EngineMigration = (schema) => async (database) => {
  const [file, upload] = [sql.id(schema, 'file'), sql.id(schema, 'upload')];
  const [storage, countStorage] = [sql.id(schema, 'storage'), sql.id(schema, 'count_storage')];
  await sql`
    create table ${file} (
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
      constraint "file_thumbnailId_fkey" foreign key ("thumbnailId") references ${file} (id) on delete set null
    );
    create index "file_thumbnailId_idx" on ${file} ("thumbnailId");

    create table ${upload} (
      id bigint generated always as identity primary key,
      "tokenHash" text not null,
      key uuid not null,
      name text not null,
      size bigint not null,
      type text,
      sha256 text,
      owner text,
      attachment text,
      target text,
      "isWhole" boolean not null default false,
      writer uuid,
      "writerUntil" timestamptz,
      "wantedAt" timestamptz,
      "expiresAt" timestamptz not null default now() + interval '1 hour',
      "createdAt" timestamptz not null default now(),
      constraint "upload_tokenHash_key" unique ("tokenHash"),
      constraint upload_key_key unique (key)
    );
    create index "upload_expiresAt_idx" on ${upload} ("expiresAt");

    create table ${storage} (
      owner text primary key,
      bytes bigint not null
    );
    insert into ${storage} (owner, bytes) values ('', 0);

    create function ${countStorage}() returns trigger language plpgsql as $$
    declare
      changed record := case when tg_op = 'INSERT' then new else old end;
      added bigint := case when tg_op = 'INSERT' then changed.size else -changed.size end;
    begin
      insert into ${storage} as storage (owner, bytes) values ('', added)
        on conflict (owner) do update set bytes = storage.bytes + excluded.bytes;
      if changed.owner is not null then
        insert into ${storage} as storage (owner, bytes) values (changed.owner, added)
          on conflict (owner) do update set bytes = storage.bytes + excluded.bytes;
      end if;
      return null;
    end $$;

    create constraint trigger file_storage after insert or delete on ${file}
      deferrable initially deferred for each row execute function ${countStorage}();
    create constraint trigger upload_storage after insert or delete on ${upload}
      deferrable initially deferred for each row execute function ${countStorage}();
  `.execute(database);
};
