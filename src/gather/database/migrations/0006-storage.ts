import { type Kysely, sql } from 'kysely';

/**
 * How many bytes the files and the announced uploads of each owner have, and under '' those of all. Triggers count when
 * a transaction commits, or when it says `set constraints all immediate`: the row of all is locked after any other row,
 * so that nobody waits for it with something that another needs.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table storage (
      owner text primary key,
      bytes bigint not null
    );

    create function "countStorage"() returns trigger language plpgsql as $$
    declare
      changed record := case when tg_op = 'INSERT' then new else old end;
      added bigint := case when tg_op = 'INSERT' then changed.size else -changed.size end;
    begin
      insert into storage (owner, bytes) values ('', added)
        on conflict (owner) do update set bytes = storage.bytes + excluded.bytes;
      if changed.owner is not null then
        insert into storage (owner, bytes) values (changed.owner, added)
          on conflict (owner) do update set bytes = storage.bytes + excluded.bytes;
      end if;
      return null;
    end $$;

    create constraint trigger "file_storage" after insert or delete on file
      deferrable initially deferred for each row execute function "countStorage"();
    create constraint trigger "upload_storage" after insert or delete on upload
      deferrable initially deferred for each row execute function "countStorage"();

    with kept as (select owner, size from file union all select owner, size from upload)
    insert into storage (owner, bytes)
      select '', coalesce(sum(size), 0) from kept
      union all select owner, sum(size) from kept where owner is not null group by owner;
  `.execute(database);
}
