import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { withClient } from '../database/client.ts';
import { toGatherError } from '../database/errors.ts';
import { type MigrationSource, pendingMigrations } from '../database/migrate.ts';
import { codeOf } from '../errors.ts';
import { missingQueues, type QueueSource } from '../jobs/install.ts';
import { CommandError } from './command.ts';
import { schemasOf } from './server-config.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Checks that a database is migrated and has every job queue. Reads only.
 * @param signal closes the connection
 * @throws CommandError that says what is missing and how to create it; DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function assertInstalled(
  app: App,
  databaseUrl: string,
  config: Config,
  signal: AbortSignal,
): Promise<void> {
  const missing = await findMissing({ ...app, ...schemasOf(config) }, databaseUrl, signal);
  signal.throwIfAborted();
  if (missing.length === 0) return;
  throw new CommandError(
    `The database of DATABASE_URL lacks ${missing.join(', and ')}.\n` +
      'Nothing was written to it. Run `npm run gather migrate`, or start with --migrate.',
  );
}

/** What is missing, as noun phrases for a message. */
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
    if (error instanceof Error && codeOf(error) === INSUFFICIENT_PRIVILEGE) {
      throw new CommandError(`The role of DATABASE_URL cannot read the applied migrations: ${error.message}`, {
        cause: error,
      });
    }
    throw toGatherError(error);
  }
}
