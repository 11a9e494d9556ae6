import type { Config } from '../config.ts';
import { pendingMigrations } from '../database/migrate.ts';
import { createPools, endPools } from '../database/pool.ts';
import { findRunning } from '../embedded-postgres/running.ts';
import { CommandError } from './command.ts';

const CONNECT_TIMEOUT_MS = 5000;

/**
 * The database that is named, or that of the Gather that runs here; it is migrated.
 * @throws CommandError where there is none, GatherError where it cannot be reached
 */
export async function findDatabase(config: Config): Promise<string> {
  const databaseUrl = config.DATABASE_URL ?? (await findEmbedded(config));
  await assertMigrated(databaseUrl, config);
  return databaseUrl;
}

async function findEmbedded({ DATA_DIR }: Config): Promise<string> {
  const found = await findRunning(DATA_DIR);
  if (found) return found;
  throw new CommandError(`No Gather runs in ${DATA_DIR}. Run \`start\` first, or set DATABASE_URL or DATA_DIR.`);
}

/** @throws CommandError where migrations are missing, GatherError where it cannot be found out. Reads only. */
export async function assertMigrated(databaseUrl: string, config: Config): Promise<void> {
  const pools = createPools({
    databaseUrl,
    poolSize: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
  });
  try {
    const pending = await pendingMigrations(pools.control);
    if (pending.length > 0)
      throw new CommandError(`Migrations are missing: ${pending.join(', ')}. Run \`migrate\` first.`);
  } finally {
    await endPools(pools);
  }
}
