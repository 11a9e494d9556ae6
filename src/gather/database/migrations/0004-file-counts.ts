import { sql } from 'kysely';
import type { EngineMigration } from '../schemas.ts';

/** "storage" counts files and announced uploads too, because those without bytes take rows. */
export const countFiles: EngineMigration = (schema) => async (database) => {
  const [file, upload] = [sql.id(schema, 'file'), sql.id(schema, 'upload')];
  const [storage, countStorage] = [sql.id(schema, 'storage'), sql.id(schema, 'count_storage')];
  await sql`
    lock table ${file}, ${upload} in share row exclusive mode;

    alter table ${storage} add column files bigint not null default 0;
    with kept as (select owner from ${file} union all select owner from ${upload}),
      counted as (
        select '' as owner, count(*) as files from kept
        union all select owner, count(*) from kept where owner is not null group by owner
      )
    insert into ${storage} as storage (owner, bytes, files) select owner, 0, files from counted
      on conflict (owner) do update set files = excluded.files;

    create or replace function ${countStorage}() returns trigger language plpgsql as $$
    declare
      changed record := case when tg_op = 'INSERT' then new else old end;
      sign integer := case when tg_op = 'INSERT' then 1 else -1 end;
    begin
      insert into ${storage} as storage (owner, bytes, files) values ('', sign * changed.size, sign)
        on conflict (owner) do update
          set bytes = storage.bytes + excluded.bytes, files = storage.files + excluded.files;
      if changed.owner is not null then
        insert into ${storage} as storage (owner, bytes, files) values (changed.owner, sign * changed.size, sign)
          on conflict (owner) do update
            set bytes = storage.bytes + excluded.bytes, files = storage.files + excluded.files;
      end if;
      return null;
    end $$;
  `.execute(database);
};
