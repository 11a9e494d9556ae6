import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { withClient } from '../database/client.ts';
import { toGatherError } from '../database/errors.ts';
import { pendingMigrations } from '../database/migrate.ts';
import { findRunning } from '../embedded-postgres/running.ts';
import { CommandError } from './command.ts';
import { schemasOf } from './server-config.ts';

/**
 * Finds the database of DATABASE_URL, or of the Gather that runs in DATA_DIR, and checks that it is migrated.
 * @throws CommandError if there is none or it is not migrated, GatherError if it cannot be reached
 */
export async function findDatabase(app: App, config: Config): Promise<string> {
  const databaseUrl = config.DATABASE_DIRECT_URL ?? config.DATABASE_URL ?? (await findEmbedded(config));
  await assertMigrated(app, databaseUrl, config);
  return databaseUrl;
}

async function findEmbedded({ DATA_DIR }: Config): Promise<string> {
  const found = await findRunning(DATA_DIR);
  if (found) return found;
  throw new CommandError(`No Gather runs in ${DATA_DIR}. Run \`start\` first, or set DATABASE_URL or DATA_DIR.`);
}

/** Reads only. @throws CommandError if migrations are missing, GatherError if the database cannot be read */
export async function assertMigrated(app: App, databaseUrl: string, config: Config): Promise<void> {
  const source = { ...schemasOf(config), migrations: app.migrations };
  const pending = await withClient(databaseUrl, (client) => pendingMigrations(client, source)).catch((error) => {
    throw toGatherError(error);
  });
  if (pending.length === 0) return;
  throw new CommandError(`Migrations are missing: ${pending.join(', ')}. Run \`migrate\` first.`);
}
