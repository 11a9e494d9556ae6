import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/gather/database/migrate.ts';
import { findAccount } from '../../src/gather/embedded-postgres/account.ts';
import { findBinaries } from '../../src/gather/embedded-postgres/binaries.ts';
import { initialise } from '../../src/gather/embedded-postgres/data-directory.ts';
import { startEmbeddedPostgres } from '../../src/gather/embedded-postgres/embedded-postgres.ts';
import { installQueues } from '../../src/gather/jobs/install.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { seed } from '../../src/smokehouse/seed/seed.ts';
import { copyDataDir } from './data-dir.ts';

const TEST_SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

declare module 'vitest' {
  interface ProvidedContext {
    /** The test server's database for administration. */
    postgresUrl: string;
    /** A directory of data as `initdb` leaves it. */
    postgresTemplate: string;
  }
}

/** Starts one PostgreSQL for all tests, with a migrated and seeded database that each test database is a copy of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const template = await mkdtemp(join(tmpdir(), 'gather-initialised-'));
  const binaries = await findBinaries();
  const account = await findAccount(binaries.postgres, template);
  await initialise(template, account, binaries, new AbortController().signal);
  const dataDir = await copyDataDir(template);
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  await createTemplate(postgres.databaseUrl);
  project.provide('postgresUrl', postgres.databaseUrl);
  project.provide('postgresTemplate', template);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true });
    await rm(template, { recursive: true });
  };
}

async function createTemplate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('create database gather_template');
  await client.end();
  const templateUrl = new URL(databaseUrl);
  templateUrl.pathname = '/gather_template';
  await migrate(templateUrl.href, { ...TEST_SCHEMAS, migrations: smokehouse.migrations });
  await installQueues(templateUrl.href, { ...TEST_SCHEMAS, ...smokehouse });
  await seed(templateUrl.href, { size: 'test' });
}
