import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { MIGRATIONS } from '../helpers/migrations.ts';
import { ask, runGather } from '../helpers/program.ts';

const ROLE = 'gather_test_reader';
const LAST = MIGRATIONS.at(-1);
const SERVICES = Object.fromEntries(
  ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'].map((name) => [
    `${name}_URL`,
    'http://127.0.0.1:1',
  ]),
);

/**
 * Whatever a start could leave in a database: relations, functions, types, schemas, extensions, roles, and rows. Tests that
 * run at the same time create roles of their own.
 */
const CATALOG = `
  select 'schema' as kind, nspname::text as name, '' as detail from pg_namespace where nspname !~ '^pg_(temp|toast_temp)'
  union all select 'relation', c.oid::regclass::text, c.relkind::text from pg_class c
    join pg_namespace n on n.oid = relnamespace where nspname !~ '^(pg_|information_schema)'
  union all select 'column', attrelid::regclass::text, attname::text from pg_attribute
    join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace where nspname !~ '^(pg_|information_schema)'
  union all select 'function', p.oid::regprocedure::text, '' from pg_proc p
    join pg_namespace n on n.oid = pronamespace where nspname !~ '^(pg_|information_schema)'
  union all select 'type', t.oid::regtype::text, '' from pg_type t
    join pg_namespace n on n.oid = typnamespace where nspname !~ '^(pg_|information_schema)'
  union all select 'extension', extname::text, extversion from pg_extension
  union all select 'role', rolname::text, '' from pg_roles where rolname !~ '^gather_test_'
  union all select 'database', datname::text, '' from pg_database where datname = current_database()
  order by 1, 2, 3`;

let dataDir: string;
let database: TestDatabase;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gather-unasked-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

describe('in a database that is not Gather’s', () => {
  beforeAll(async () => {
    database = await createTestDatabase({}, { isEmpty: true });
    await database.ask('create table ledger (id integer primary key, amount numeric)');
    await database.ask('insert into ledger values (1, 12.5)');
  });
  afterAll(() => database.drop());

  const ADVICE = `The database lacks the migrations ${MIGRATIONS.join(', ')}, and the job queue: run \`npm run gather migrate\`. Nothing was written to it.\n`;

  test.each([
    ['start', {}],
    ['start', { NODE_ENV: 'production' }],
    ['start --seed', {}],
    ['serve', {}],
    ['work', {}],
    ['seed', {}],
    ['user list', {}],
    ['user add ann@smokehouse.example --generate', {}],
  ])('%s says what is missing, and writes nothing: %j', async (words, settings) => {
    const before = await look();
    expect(await run(words, settings)).toEqual({
      code: 1,
      stdout: expect.not.stringContaining('ready'),
      stderr: ADVICE,
    });
    expect(await look()).toEqual(before);
    expect(await readdir(dataDir)).toEqual([]);
  });

  describe('as a role that may only read', () => {
    const reader = () => {
      const url = new URL(database.databaseUrl);
      url.username = ROLE;
      url.password = 'reads-only';
      return url.href;
    };
    beforeAll(async () => {
      await database.ask(`drop role if exists ${ROLE}`);
      await database.ask(`create role ${ROLE} login password 'reads-only'`);
      await database.ask(`alter role ${ROLE} set default_transaction_read_only = on`);
    });
    afterAll(() => database.ask(`drop owned by ${ROLE}; drop role ${ROLE}`));

    test('start says what is missing', async () => {
      const before = await look();
      expect(await run('start', { DATABASE_URL: reader() })).toMatchObject({ code: 1, stderr: ADVICE });
      expect(await look()).toEqual(before);
    });

    test('start says what it may not read', async () => {
      await database.ask(`create schema gather; grant usage on schema gather to ${ROLE}`);
      await database.ask('create table gather."engineMigration" (name text, timestamp text)');
      const { code, stderr } = await run('start', { DATABASE_URL: reader() });
      await database.ask('drop schema gather cascade');
      expect(code).toBe(1);
      expect(stderr).toBe(
        'The role of DATABASE_URL cannot read the applied migrations: ' +
          'permission denied for table engineMigration\n',
      );
    });
  });
});

describe('in a database that is behind', () => {
  beforeEach(async () => {
    database = await createTestDatabase();
    return () => database.drop();
  });

  test.each([
    ['one migration', `delete from gather."appMigration" where name = '${LAST}'`, `the migrations ${LAST}`],
    ['the job queue', 'drop schema gather_jobs cascade', 'the job queue'],
    ['another version of it', 'update gather_jobs.version set version = 1', 'the job queue'],
    [
      'one queue',
      `delete from gather_jobs.queue where name = '${smokehouse.tasks[0]?.name}'`,
      `the job queue of ${smokehouse.tasks[0]?.name}`,
    ],
  ])('start says that it lacks %s, and writes nothing', async (_, change, lacks) => {
    await database.ask(change);
    const before = await look();
    const { code, stderr } = await run('start');
    expect(code).toBe(1);
    expect(stderr).toBe(`The database lacks ${lacks}: run \`npm run gather migrate\`. Nothing was written to it.\n`);
    expect(await look()).toEqual(before);
    expect(await database.ask('select from gather_jobs.schedule').catch(() => [])).toEqual([]);
  });

  test('work sets no schedules', async () => {
    await database.ask(`delete from gather."appMigration" where name = '${LAST}'`);
    const { code, stderr } = await run('work');
    expect(code).toBe(1);
    expect(stderr).toContain(`lacks the migrations ${LAST}: run`);
    expect(await database.ask('select from gather_jobs.schedule')).toEqual([]);
  });
});

describe('in a database that a newer version has migrated', () => {
  beforeEach(async () => {
    database = await createTestDatabase();
    await database.ask(`insert into gather."appMigration" values ('0009-later', '2026-01-01T00:00:00Z')`);
    return () => database.drop();
  });

  test.each(['serve --wait', 'work', 'seed', 'start', 'migrate'])('%s says so, and writes nothing', async (words) => {
    const before = await look();
    expect(await run(words)).toEqual({
      code: 1,
      stdout: expect.not.stringContaining('ready'),
      stderr:
        'The database has the migration 0009-later, which this version does not know: run the version that made it, ' +
        'or restore the file of the migration; an embedded database may also be deleted with its directory (DATA_DIR).\n',
    });
    expect(await look()).toEqual(before);
  });
});

describe('in a database of Gather’s', () => {
  beforeEach(async () => {
    database = await createTestDatabase({}, { isEmpty: true });
    return () => database.drop();
  });

  test('start does what it is asked for, and makes no accounts', async () => {
    await using filled = runGather(['start', '--migrate', '--seed'], settingsOf());
    expect((await ask(await filled.url(), '{ menu { count } }')).data).toEqual({ menu: { count: 1000 } });
    await filled.said(/Ctrl-C stops everything/);
    expect(filled.stdout).not.toMatch(/pitmaster|Accounts to try/);
    expect(await database.ask('select from gather."user"')).toEqual([]);
    filled.pressCtrlC();
    expect(await filled.exit()).toMatchObject({ code: 0 });
    expect(filled.stderr).toBe('');
  });

  test('start with --migrate brings no sample data, and the next one needs no flag', async () => {
    for (const words of [['start', '--migrate'], ['start']]) {
      await using program = runGather(words, settingsOf());
      expect((await ask(await program.url(), '{ menu { count } }')).data).toEqual({ menu: { count: 0 } });
      program.pressCtrlC();
      expect(await program.exit()).toMatchObject({ code: 0 });
      expect(program.stderr).toBe('');
    }
    expect(await database.ask('select from gather."user"')).toEqual([]);
  });
});

function settingsOf(settings: Record<string, string> = {}): Record<string, string> {
  return { DATA_DIR: dataDir, DATABASE_URL: database.databaseUrl, PORT: '0', ...SERVICES, ...settings };
}

async function run(words: string, settings: Record<string, string> = {}) {
  await using program = runGather(words.split(' '), settingsOf(settings));
  const { code } = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** What is in the database: its catalog, and a digest of the rows of each table. */
async function look(): Promise<object[]> {
  const catalog = await database.ask<{ kind: string; name: string; detail: string }>(CATALOG);
  const rows: object[] = [];
  for (const { name } of catalog.filter(({ kind, detail }) => kind === 'relation' && detail === 'r')) {
    rows.push({
      name,
      rows: await database.ask(`select md5(string_agg(t::text, '' order by t::text)) from ${name} t`),
    });
  }
  return [...catalog, ...rows];
}
