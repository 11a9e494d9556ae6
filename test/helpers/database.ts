import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../../src/gather/database/database.ts';
import { createPools, endPools, type PoolConfig, type Pools } from '../../src/gather/database/pool.ts';
import { toDefinitions } from '../../src/gather/database/tables.ts';
import { type TestDatabase as Copy, createTestDatabase as copyDatabase } from '../../src/gather/testing/database.ts';
import { listenToStatements } from '../../src/gather/testing/statements.ts';
import { fixture } from './fixture.ts';

/** What the pools of tests are told of the tables. */
export const TEST_TABLES = {
  definitions: toDefinitions(fixture.app.database.tables, 'gather'),
  queueSchema: 'gather_jobs',
};

/** What is installed in databases of tests. */
export const TEST_SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

const END_TIMEOUT_MS = 15_000;

/** A database of a test file's own: migrated, seeded, and dropped by `drop`. */
export interface TestDatabase extends Pick<Copy, 'databaseUrl' | 'ask'> {
  pools: Pools;
  /** Its signal never aborts. */
  database: Database;
  /** The text of each statement run since this was last asked, cursors' too, requests to stop apart. */
  statements(): string[];
  /**
   * Ends the pools and drops the database.
   * @throws naming what connections of the pools that a test has left open last ran
   */
  drop(): Promise<void>;
}

/** A copy of the template. Call it in `beforeAll`, and `drop` in `afterAll`. */
export async function createTestDatabase(
  config: Partial<PoolConfig> = {},
  { isEmpty = false }: { isEmpty?: boolean } = {},
): Promise<TestDatabase> {
  const { databaseUrl, name, ask, drop } = await copyDatabase(fixture.app, TEST_SCHEMAS, {
    isEmpty,
    seed: fixture.seed,
  });
  const pools = createPools({
    ...TEST_TABLES,
    databaseUrl,
    poolSize: 10,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 10_000,
    ...config,
  });
  const statements: string[] = [];
  const stopListening = listenToStatements(name, (text) => statements.push(text));
  return {
    databaseUrl,
    ask,
    pools,
    database: new Database(pools, new AbortController().signal),
    statements: () => statements.splice(0),
    drop: async () => {
      stopListening();
      await Promise.race([endPools(pools), sleep(END_TIMEOUT_MS, undefined, { ref: false })]);
      const left = await drop();
      if (left.length > 0) throw new Error(`The tests left connections open:\n${left.join('\n')}`);
    },
  };
}
