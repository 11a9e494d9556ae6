import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { Database } from '../database/database.ts';
import { createPools, endPools } from '../database/pool.ts';
import { toDefinitions } from '../database/tables.ts';
import { schemasOf } from './server-config.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** Runs `work` with a database, whose connections are closed afterwards. */
export async function withDatabase<T>(
  app: App,
  { databaseUrl, config }: { databaseUrl: string; config: Config },
  work: (database: Database) => Promise<T>,
  signal = new AbortController().signal,
): Promise<T> {
  const { engineSchema, queueSchema } = schemasOf(config);
  const pools = createPools({
    databaseUrl,
    definitions: toDefinitions(app.database.tables, engineSchema),
    queueSchema,
    poolSize: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
  });
  try {
    return await work(new Database(pools, signal));
  } finally {
    await endPools(pools);
  }
}
