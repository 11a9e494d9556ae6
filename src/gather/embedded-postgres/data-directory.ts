import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Account, launch, own } from './account.ts';
import type { Binaries } from './binaries.ts';

const UNFINISHED = 'postgres.new-';
const NO_OUTPUT = 'no output';

/** PostgreSQL's own directory in `dataDir`. */
export function dataDirectory(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/** Whether `initialise` has completed in this directory. */
export async function isInitialised(dataDir: string): Promise<boolean> {
  return stat(dataDirectory(dataDir)).then(
    () => true,
    () => false,
  );
}

/**
 * Creates PostgreSQL's data directory, with the superuser `gather` and a random password. It gets its name once it is
 * complete; what an interrupted run left is removed.
 * @throws with the output of initdb if that fails
 */
export async function initialise(
  dataDir: string,
  account: Account,
  { initdb }: Binaries,
  signal: AbortSignal,
): Promise<void> {
  await removeUnfinished(dataDir);
  const unfinished = await mkdtemp(join(dataDir, UNFINISHED));
  await own(account, unfinished);
  await writeFile(passwordFile(dataDir), randomBytes(24).toString('base64url'), { mode: 0o600 });
  await chmod(passwordFile(dataDir), 0o600);
  await own(account, passwordFile(dataDir));
  try {
    await runInitdb(initdb, unfinished, dataDir, account, signal);
    await rename(unfinished, dataDirectory(dataDir));
  } finally {
    await removeUnfinished(dataDir);
  }
}

/** The superuser's password. */
export async function readPassword(dataDir: string): Promise<string> {
  return readFile(passwordFile(dataDir), 'utf8');
}

async function runInitdb(initdb: string, data: string, dataDir: string, account: Account, signal: AbortSignal) {
  const args = [
    `--pgdata=${data}`,
    `--pwfile=${passwordFile(dataDir)}`,
    ...['--username=gather', '--auth=scram-sha-256', '--encoding=UTF8'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...['--no-instructions', '--no-clean'],
  ];
  signal.throwIfAborted();
  const child = launch(account, initdb, args, ['ignore', 'ignore', 'pipe']);
  const kill = () => child.kill('SIGTERM');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [output, [exitCode]] = await Promise.all([
      child.stderr ? text(child.stderr) : NO_OUTPUT,
      once(child, 'close'),
    ]);
    signal.throwIfAborted();
    if (exitCode !== 0) throw new Error(`PostgreSQL could not be set up in ${dataDir}:\n${output.trim()}`);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(UNFINISHED)) await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function passwordFile(dataDir: string): string {
  return join(dataDir, 'postgres-password');
}
