import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { readMissingRights } from '../database/access.ts';
import { withClient } from '../database/client.ts';
import { migrate as migrateDatabase } from '../database/migrate.ts';
import { codeOf } from '../errors.ts';
import { installQueues } from '../jobs/install.ts';
import { readState } from './assert-ready.ts';
import { type Command, CommandError, directUrlOf } from './command.ts';
import { schemasOf } from './server-config.ts';
import { showStep } from './steps.ts';

const NOT_UP_TO_DATE = 1;
/** The codes of PostgreSQL for a missing right, and for a change in a read-only transaction. */
const REFUSALS = ['42501', '25006'];

/** Migrates the database. */
export const migrate = (app: App): Command => ({
  summary: 'brings the database and its job queue up to date.',
  options: {
    status: { help: 'changes nothing: lists the migrations, and exits with code 1 if the database is not up to date' },
  },
  settings: {
    DATABASE_URL: 'PostgreSQL, 13 or newer',
    'GATHER_SCHEMA=gather': "the schema of Gather's own tables",
    'GATHER_JOBS_SCHEMA=gather_jobs': 'the schema of the job queue',
  },
  required: ['DATABASE_URL'],

  async run(config, { options }) {
    const databaseUrl = directUrlOf(config);
    if (!options['status']) return bringUpToDate(app, databaseUrl, config);
    if (!(await showStatus(app, databaseUrl, config))) process.exitCode = NOT_UP_TO_DATE;
  },
});

/**
 * Runs missing migrations, and installs the job queue.
 * @param signal closes the connections
 * @throws CommandError that says which rights the role lacks
 */
export async function bringUpToDate(
  app: App,
  databaseUrl: string,
  config: Config,
  signal?: AbortSignal,
): Promise<void> {
  const source = { ...app, ...schemasOf(config) };
  try {
    await migrateDatabase(databaseUrl, source, showStep, signal);
    await installQueues(databaseUrl, source, showStep, signal);
  } catch (error) {
    const refusal = refusalIn(error);
    if (!refusal || signal?.aborted) throw error;
    throw new CommandError(await describeRefusal(refusal, app, config, { databaseUrl, signal }), { cause: error });
  }
}

/** The error of a statement that the role may not run. */
function refusalIn(error: unknown): Error | undefined {
  const causes = [error, (error as Error).cause].filter((it) => it instanceof Error);
  return causes.find((it) => REFUSALS.includes(codeOf(it)));
}

/** Says what the role lacks, and what helps. */
async function describeRefusal(
  { message }: Error,
  app: App,
  config: Config,
  { databaseUrl, signal }: { databaseUrl: string; signal: AbortSignal | undefined },
): Promise<string> {
  const hasMigrations = Object.keys(app.migrations).length > 0;
  const { role, isReadOnly, grants } = await withClient(
    databaseUrl,
    (client) => readMissingRights(client, schemasOf(config), hasMigrations),
    signal,
  );
  const fact = `The role ${role} may not migrate this database: ${message}.`;
  if (isReadOnly) return `${fact} Its transactions are read-only: migrate with a role and a server that may write.`;
  if (grants.length === 0) return `${fact} Migrate with a role that may.`;
  return `${fact} Run \`${grants.join('; ')}\` in psql as a role that may, and migrate again.`;
}

/** Lists all migrations and the job queue. @returns whether the database is up to date */
async function showStatus(app: App, databaseUrl: string, config: Config): Promise<boolean> {
  const { migrations, missingQueues } = await readState(app, databaseUrl, config);
  const lines = migrations.map(({ name, appliedAt, isKnown }): [string, string] => {
    if (appliedAt === undefined) return [name, 'missing'];
    return [name, isKnown ? `applied ${appliedAt}` : `applied ${appliedAt}, not known to this version`];
  });
  const hasQueues = missingQueues.length === 0;
  const queues = missingQueues === 'all' ? 'missing, or of another version' : `missing: ${missingQueues.join(', ')}`;
  const width = Math.max(...lines.map(([name]) => name.length), 'job queue'.length);
  for (const [name, state] of [...lines, ['job queue', hasQueues ? 'installed' : queues] as const]) {
    console.log(`  ${name.padEnd(width)}  ${state}`);
  }
  return hasQueues && migrations.every(({ appliedAt, isKnown }) => appliedAt !== undefined && isKnown);
}
