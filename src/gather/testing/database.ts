import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { App } from '../app.ts';
import { migrate } from '../database/migrate.ts';
import type { EngineSchemas } from '../database/schemas.ts';
import { installQueues } from '../jobs/install.ts';
import { findTestPostgres } from './postgres.ts';

/** The database of a test. */
export interface TestDatabase {
  databaseUrl: string;
  name: string;
  /** Runs a statement without counting it. */
  ask<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Drops it. @returns the last statements of connections that are still open after five seconds */
  drop(): Promise<string[]>;
}

/** Fills a migrated database. Functions with the same source text count as one. */
type Seed = (databaseUrl: string) => Promise<void>;

const GRACE_MS = 5000;
const DUPLICATE_DATABASE = '42P04';

/** Creates a copy of the application's migrated and seeded database, or an empty one. Drop it. */
export async function createTestDatabase(
  app: App,
  schemas: EngineSchemas,
  { isEmpty = false, seed }: { isEmpty?: boolean; seed?: Seed } = {},
): Promise<TestDatabase> {
  const serverUrl = await findTestPostgres();
  const template = isEmpty ? 'template0' : await findTemplate(serverUrl, app, schemas, seed);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await ask(serverUrl, `create database ${name} template ${template}`);
  const databaseUrl = urlOf(serverUrl, name);
  return {
    databaseUrl,
    name,
    ask: (text, values) => ask(databaseUrl, text, values),
    drop: async () => {
      const until = performance.now() + GRACE_MS;
      let left = await findLeft(serverUrl, name);
      while (left.length > 0 && performance.now() < until) {
        await sleep(5);
        left = await findLeft(serverUrl, name);
      }
      await ask(serverUrl, `drop database ${name} with (force)`);
      return left;
    },
  };
}

/** Creates the template once per server, application and seed, even if many processes ask at once. */
async function findTemplate(serverUrl: string, app: App, schemas: EngineSchemas, seed?: Seed): Promise<string> {
  const { name, sdl, migrations, tasks } = app;
  const content = JSON.stringify([
    name,
    sdl,
    schemas,
    Object.keys(migrations),
    tasks.map((task) => task.name),
    `${seed}`,
  ]);
  const template = `template_${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
  const client = await connect(serverUrl);
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [template]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount === 0) await createTemplate(client, serverUrl, template, app, schemas, seed);
    return template;
  } finally {
    await client.end();
  }
}

async function createTemplate(
  client: pg.Client,
  serverUrl: string,
  template: string,
  app: App,
  schemas: EngineSchemas,
  seed?: Seed,
) {
  const unfinished = `${template}_new`;
  await client.query(`drop database if exists ${unfinished} with (force)`);
  await client.query(`create database ${unfinished}`);
  const databaseUrl = urlOf(serverUrl, unfinished);
  await migrate(databaseUrl, { ...schemas, migrations: app.migrations });
  await installQueues(databaseUrl, { ...app, ...schemas });
  await seed?.(databaseUrl);
  await client.query(`alter database ${unfinished} rename to ${template}`).catch((error) => {
    if (error.code !== DUPLICATE_DATABASE) throw error;
  });
}

async function findLeft(serverUrl: string, name: string): Promise<string[]> {
  const rows = await ask<{ query: string }>(
    serverUrl,
    `select coalesce(nullif(query, ''), 'a connection') as query from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
    [name],
  );
  return rows.map(({ query }) => query);
}

async function ask<Row extends object>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = await connect(url);
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'test' });
  await client.connect();
  return client;
}

function urlOf(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
