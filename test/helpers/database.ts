import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { Database } from '../../src/gather/database/database.ts';
import { createPools, endPools, type PoolConfig, type Pools } from '../../src/gather/database/pool.ts';
import { toDefinitions } from '../../src/gather/database/tables.ts';
import { listenToStatements } from '../../src/gather/testing/statements.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';

/** What the pools of tests are told of the tables. */
export const TEST_TABLES = {
  definitions: toDefinitions(smokehouse.database.tables, 'gather'),
  queueSchema: 'gather_jobs',
};

/** What is installed in databases of tests. */
export const TEST_SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

const LEAVE_TIMEOUT_MS = 15_000;

/** A database of a test file's own: migrated, seeded with 200 items, and dropped by `drop`. */
export interface TestDatabase {
  databaseUrl: string;
  pools: Pools;
  /** Its signal never aborts. */
  database: Database;
  /** The text of each statement run since this was last asked, cursors' too, requests to stop apart. */
  statements(): string[];
  /** Runs a statement outside the pools, as a bystander who looks at the server. */
  ask<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /**
   * Ends the pools and drops the database.
   * @throws naming each connection of the pools that a test has left open
   */
  drop(): Promise<void>;
}

/**
 * A copy of the template. Call it in `beforeAll`, and `drop` in `afterAll`.
 * @param template `template0` for an empty database
 */
export async function createTestDatabase(
  config: Partial<PoolConfig> = {},
  template = 'gather_template',
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer((client) => client.query(`create database ${name} template ${template}`));
  const databaseUrl = urlOf(name);
  const complete = {
    ...TEST_TABLES,
    databaseUrl,
    poolSize: 10,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 10_000,
    ...config,
  };
  const pools = createPools(complete);
  const statements: string[] = [];
  const stopListening = listenToStatements(name, (text) => statements.push(text));
  return {
    databaseUrl,
    pools,
    database: new Database(pools, new AbortController().signal),
    statements: () => statements.splice(0),
    ask: (text, values) => onServer(async (client) => (await client.query(text, values)).rows, databaseUrl),
    drop: async () => {
      try {
        await endCleanly(pools, name);
      } finally {
        stopListening();
        await onServer((client) => client.query(`drop database ${name} with (force)`));
      }
    },
  };
}

async function endCleanly(pools: Pools, name: string): Promise<void> {
  await Promise.race([endPools(pools), sleep(LEAVE_TIMEOUT_MS, undefined, { ref: false })]);
  const deadline = performance.now() + LEAVE_TIMEOUT_MS;
  let left = await findLeft(name);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(20);
    left = await findLeft(name);
  }
  if (left.length > 0) throw new Error(`The tests left connections open:\n${left.join('\n')}`);
}

async function findLeft(name: string): Promise<string[]> {
  const { rows } = await onServer((client) =>
    client.query<{ pid: number; state: string; query: string }>(
      `select pid, state, query from pg_stat_activity where datname = $1 and application_name like 'gather%'`,
      [name],
    ),
  );
  return rows.map(({ pid, state, query }) => `  process ${pid}, ${state}: ${query}`);
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>, connectionString = urlOf('postgres')): Promise<T> {
  const client = new pg.Client({ connectionString, application_name: 'test' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(name: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
}
