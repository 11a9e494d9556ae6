import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { withClient } from '../database/client.ts';
import { toGatherError } from '../database/errors.ts';
import { type MigrationSource, pendingMigrations } from '../database/migrate.ts';
import { missingQueues, type QueueSource } from '../jobs/install.ts';
import { CommandError } from './command.ts';
import { schemasOf } from './server-config.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Checks that a database has all that Gather needs. Reads only.
 * @param signal closes the connection
 * @throws CommandError that says what is missing and how to create it; DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function assertInstalled(
  app: App,
  databaseUrl: string,
  config: Config,
  signal: AbortSignal,
): Promise<void> {
  const lacks = await findMissing({ ...app, ...schemasOf(config) }, databaseUrl, signal);
  signal.throwIfAborted();
  if (lacks.length === 0) return;
  throw new CommandError(
    `The database of DATABASE_URL lacks ${lacks.join(', and ')}.\n` +
      'Nothing was written to it. Expected one that is migrated: `npm run gather migrate` does so, or --migrate here.',
  );
}

/** In words. */
async function findMissing(
  source: MigrationSource & QueueSource,
  databaseUrl: string,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    return await withClient(
      databaseUrl,
      async (client) => {
        const migrations = await pendingMigrations(client, source);
        const queues = await missingQueues(client, source);
        return [
          ...(migrations.length > 0 ? [`the migrations ${migrations.join(', ')}`] : []),
          ...(queues === 'all' ? ['the job queue'] : []),
          ...(queues !== 'all' && queues.length > 0 ? [`the job queue of ${queues.join(', ')}`] : []),
        ];
      },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === INSUFFICIENT_PRIVILEGE) {
      throw new CommandError(
        `Expected the role of DATABASE_URL to be able to read which migrations there are, got: ${error.message}`,
        { cause: error },
      );
    }
    throw toGatherError(error);
  }
}
