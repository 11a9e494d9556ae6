import { startTestApp } from 'gather/testing';
import { expect, test } from 'vitest';
import { migrate } from '../../src/gather/database/migrate.ts';
import type { OnStep } from '../../src/gather/step.ts';
import { library } from './library/index.ts';

test('a database of the old layout is refused, and not touched', async () => {
  await using app = await startTestApp(library, { isEmpty: true });
  await app.ask('create table public."jobChange" ("jobId" bigint)');
  await expect(migrate(app.databaseUrl, { engineSchema: 'gather', migrations: library.migrations })).rejects.toThrow(
    /before its first release.*Use an empty database; for the embedded one, delete its directory \(DATA_DIR\)\.$/s,
  );
  expect(await app.ask(`select schemaname, tablename from pg_tables where schemaname in ('public', 'gather')`)).toEqual(
    [{ schemaname: 'public', tablename: 'jobChange' }],
  );
});

test('an empty database is migrated once, however often it is asked', async () => {
  await using app = await startTestApp(library, { isEmpty: true });
  const source = { engineSchema: 'gather', migrations: library.migrations };
  const said: string[] = [];
  const onStep: OnStep = ({ detail, ms }) => void (ms !== undefined && said.push(detail ?? ''));
  await migrate(app.databaseUrl, source, onStep);
  await migrate(app.databaseUrl, source, onStep);
  expect(said).toEqual([
    '0001-jobs, 0002-files, 0003-accounts, 0004-file-counts, 0005-owners, 0006-storage-rights, 0001-library, 0002-genres',
    'none to run',
  ]);
});

test('a new migration with a name before an applied one is refused, with advice', async () => {
  await using app = await startTestApp(library);
  const migrations = { ...library.migrations, '0000-earlier': async () => {} };
  await expect(migrate(app.databaseUrl, { engineSchema: 'gather', migrations })).rejects.toThrow(
    'The migration 0000-earlier comes before 0001-library, which has been applied: rename it, so that it comes last.',
  );
});

test('a role named like the engine’s schema gets its tables in public, also in a database without any', async () => {
  await using app = await startTestApp(library, { isEmpty: true });
  expect(await app.ask('select current_user::text as role')).toEqual([{ role: 'gather' }]);
  await migrate(app.databaseUrl, { engineSchema: 'gather', migrations: library.migrations });
  const tables = `select schemaname from pg_tables where tablename = 'book'`;
  expect(await app.ask(tables)).toEqual([{ schemaname: 'public' }]);
});

test('the files that there are already are counted', async () => {
  await using app = await startTestApp(library);
  await app.ask(`delete from gather."engineMigration" where name >= '0004'`);
  await app.ask('alter table gather.storage drop column files; alter table gather.user drop column owner');
  // Without a trigger, as the former one does not know the column.
  await app.ask('alter table gather.file disable trigger user; alter table gather.upload disable trigger user');
  await app.ask(`insert into gather.file (key, name, type, size, sha256, owner)
    select gen_random_uuid(), 'a', 'text/plain', 0, '', owner from unnest(array['ann', 'ann', 'ben', null]) owner`);
  await app.ask(
    `insert into gather.upload ("tokenHash", key, name, size, owner) values ('', gen_random_uuid(), 'a', 0, 'ann')`,
  );
  await app.ask('alter table gather.file enable trigger user; alter table gather.upload enable trigger user');
  await migrate(app.databaseUrl, { engineSchema: 'gather', migrations: library.migrations });
  await app.ask(`delete from gather.file where owner = 'ben'`);
  expect(await app.ask('select owner, files from gather.storage order by owner')).toEqual([
    { owner: '', files: '4' },
    { owner: 'ann', files: '3' },
    { owner: 'ben', files: '0' },
  ]);
});
