import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/gather/database/migrate.ts';
import { startEmbeddedPostgres } from '../../src/gather/embedded-postgres/embedded-postgres.ts';
import { installQueues } from '../../src/gather/jobs/install.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { seed } from '../../src/smokehouse/seed/seed.ts';

const TEST_SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

declare module 'vitest' {
  interface ProvidedContext {
    /** The test server's database for administration. */
    postgresUrl: string;
  }
}

/** Starts one PostgreSQL for all tests, with a migrated and seeded database that each test database is a copy of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  await createTemplate(postgres.databaseUrl);
  project.provide('postgresUrl', postgres.databaseUrl);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true });
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
