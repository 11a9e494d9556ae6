import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { environmentWith } from '../config.ts';
import { codeOf } from '../errors.ts';
import type { Command } from './command.ts';
import { DATABASE_SETTINGS, findDatabaseUrl } from './find-database.ts';

const FAILED = 1;

/** Opens the database in psql, which PostgreSQL's packages include and the embedded one does not. */
export const psql: Command = {
  summary: 'opens the database in psql, or prints its URL if that is not installed.',
  settings: DATABASE_SETTINGS,

  async run(config) {
    const databaseUrl = await findDatabaseUrl(config);
    try {
      await runPsql(databaseUrl);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      console.log(`psql is not installed. Any client opens the database:\n  ${databaseUrl}`);
    }
  },
};

/** @throws ENOENT if it is not installed */
async function runPsql(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  // Arguments are visible to every user of the machine.
  const env = environmentWith(url.password === '' ? {} : { PGPASSWORD: decodeURIComponent(url.password) });
  url.password = '';
  const child = spawn('psql', [url.href], { stdio: 'inherit', env });
  // Ctrl-C ends a statement, and not psql.
  process.on('SIGINT', () => {});
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = FAILED;
}
