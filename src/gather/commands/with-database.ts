import { Database } from '../database/database.ts';
import { createPools, endPools } from '../database/pool.ts';

const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 10_000;

/** Hands `work` the database for as long as it takes. */
export async function withDatabase<T>(
  databaseUrl: string,
  work: (database: Database) => Promise<T>,
  signal = new AbortController().signal,
): Promise<T> {
  const pools = createPools({
    databaseUrl,
    poolSize: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    return await work(new Database(pools, signal));
  } finally {
    await endPools(pools);
  }
}
