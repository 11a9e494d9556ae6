import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { migrate as migrateDatabase } from '../database/migrate.ts';
import { installQueues } from '../jobs/install.ts';
import { readState } from './assert-ready.ts';
import { type Command, directUrlOf } from './command.ts';
import { schemasOf } from './server-config.ts';
import { showStep } from './steps.ts';

const NOT_UP_TO_DATE = 1;

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

/** Runs missing migrations, and installs the job queue. @param signal closes the connections */
export async function bringUpToDate(
  app: App,
  databaseUrl: string,
  config: Config,
  signal?: AbortSignal,
): Promise<void> {
  const source = { ...app, ...schemasOf(config) };
  await migrateDatabase(databaseUrl, source, showStep, signal);
  await installQueues(databaseUrl, source, showStep, signal);
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
