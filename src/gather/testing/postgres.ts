import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBinaries } from '../embedded-postgres/binaries.ts';
import { dataDirectory } from '../embedded-postgres/data-directory.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { readPostmasterFile } from '../embedded-postgres/postmaster-file.ts';
import { codeOf } from '../errors.ts';

/** A PostgreSQL server for tests. */
export interface TestPostgres extends AsyncDisposable {
  /** URL of its administrative database. */
  databaseUrl: string;
}

/** Keeps initialised data directories between runs. */
const CACHE = join('node_modules', '.cache', 'gather');
const URL_SETTING = 'GATHER_TEST_DATABASE_URL';
const SETTINGS = { fsync: 'off' };

let ofProcess: Promise<string> | undefined;

/**
 * Starts a PostgreSQL server that the tests of this process and of its child processes share: for the global setup of a
 * test runner. Without it, each process that runs tests starts its own. Dispose of it.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dataDir = await copyInitialised();
  const postgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  process.env[URL_SETTING] = postgres.databaseUrl;
  return {
    databaseUrl: postgres.databaseUrl,
    [Symbol.asyncDispose]: async () => {
      delete process.env[URL_SETTING];
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The URL of the server that the tests of this process share. */
export function findTestPostgres(): Promise<string> {
  const given = process.env[URL_SETTING];
  if (given) return Promise.resolve(given);
  ofProcess ??= startForProcess();
  return ofProcess;
}

/** The server ends with the process, and does not keep it alive. */
async function startForProcess(): Promise<string> {
  const dataDir = await copyInitialised();
  const { databaseUrl } = await startEmbeddedPostgres({ dataDir, settings: SETTINGS, isBackground: true });
  const server = await readPostmasterFile(dataDirectory(dataDir));
  process.once('exit', () => {
    // Its data is deleted next, so there is nothing to save.
    if (server) process.kill(server.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  return databaseUrl;
}

/** Copies an initialised data directory, which takes a tenth of the time of initdb. Remove the copy. */
export async function copyInitialised(): Promise<string> {
  const template = join(CACHE, `postgres-${await findVersion()}`);
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-test-'));
  if (!(await copy(template, dataDir))) {
    await initialise(template);
    await copy(template, dataDir);
  }
  return dataDir;
}

async function copy(template: string, dataDir: string): Promise<boolean> {
  try {
    await cp(template, dataDir, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Creates the template atomically; another process may be faster. */
async function initialise(template: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(`${template}.new-`);
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: unfinished, settings: SETTINGS });
    await postgres.stop();
    await rename(unfinished, template);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** The version of PostgreSQL, which a data directory belongs to. */
async function findVersion(): Promise<string> {
  const { postgres } = await findBinaries();
  const manifest = join(dirname(postgres), '..', '..', 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return version;
}
