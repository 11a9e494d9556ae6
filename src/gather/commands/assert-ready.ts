import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { withClient } from '../database/client.ts';
import { toGatherError } from '../database/errors.ts';
import { findNewer, type MigrationState, readMigrations } from '../database/migrate.ts';
import { codeOf, GatherError } from '../errors.ts';
import { missingQueues } from '../jobs/install.ts';
import { causesOf } from './causes.ts';
import { CommandError, type Option } from './command.ts';
import { schemasOf } from './server-config.ts';

/** What a database has, compared with what the application needs. */
export interface DatabaseState {
  migrations: MigrationState[];
  /** The names of missing job queues; `all` if there are none, or those of another version. */
  missingQueues: 'all' | string[];
}

/** The database lacks something that `migrate` adds. */
export class NotMigratedError extends CommandError {}

/** The option of commands that may wait for the database. */
export const WAIT: Readonly<Record<'wait', Option>> = {
  wait: { help: 'waits up to five minutes for a database that cannot be reached or is not migrated' },
};

const WAIT_MS = 300_000;
const POLL_MS = 500;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Checks that a database has every migration and job queue of this version, and no newer migration. Reads only.
 * @param signal closes the connection
 * @throws CommandError that says what is wrong and what helps; DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function assertReady(app: App, databaseUrl: string, config: Config, signal?: AbortSignal): Promise<void> {
  const { migrations, missingQueues } = await readState(app, databaseUrl, config, signal);
  const newer = findNewer(migrations);
  if (newer) throw new CommandError(newer);
  const missing = migrations.filter(({ appliedAt }) => appliedAt === undefined).map(({ name }) => name);
  const lacks = [
    ...(missing.length > 0 ? [`the migrations ${missing.join(', ')}`] : []),
    ...(missingQueues === 'all' ? ['the job queue'] : []),
    ...(missingQueues !== 'all' && missingQueues.length > 0 ? [`the job queue of ${missingQueues.join(', ')}`] : []),
  ];
  if (lacks.length === 0) return;
  throw new NotMigratedError(
    `The database lacks ${lacks.join(', and ')}: run \`npm run gather migrate\`. Nothing was written to it.`,
  );
}

/**
 * Waits until a database is ready, for up to five minutes, and shows what it waits for.
 * @throws what `assertReady` throws: at once if waiting does not help, or after that time
 */
export async function waitUntilReady(
  app: App,
  databaseUrl: string,
  config: Config,
  signal = new AbortController().signal,
): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  let shown = '';
  for (;;) {
    try {
      return await assertReady(app, databaseUrl, config, signal);
    } catch (error) {
      signal.throwIfAborted();
      const passes = error instanceof NotMigratedError || error instanceof GatherError;
      if (!passes || performance.now() > deadline) throw error;
      const causes = causesOf(error).join(', ');
      const reason = causes === '' ? error.message : `${error.message.replace(/\.$/, '')} (${causes}).`;
      if (reason !== shown) console.log(`Waiting: ${reason}`);
      shown = reason;
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Reads only. @throws CommandError if the role may not read it, DATABASE_UNAVAILABLE or DATABASE_TIMEOUT */
export async function readState(
  app: App,
  databaseUrl: string,
  config: Config,
  signal?: AbortSignal,
): Promise<DatabaseState> {
  const source = { ...app, ...schemasOf(config) };
  try {
    return await withClient(
      databaseUrl,
      async (client) => ({
        migrations: await readMigrations(client, source),
        missingQueues: await missingQueues(client, source),
      }),
      signal,
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && codeOf(error) === INSUFFICIENT_PRIVILEGE) {
      const message = `The role of DATABASE_URL cannot read the applied migrations: ${error.message}`;
      throw new CommandError(message, { cause: error });
    }
    throw toGatherError(error);
  }
}
