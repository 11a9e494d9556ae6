import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBinaries } from '../embedded-postgres/binaries.ts';
import { dataDirectory } from '../embedded-postgres/data-directory.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { readPostmasterFile } from '../embedded-postgres/postmaster-file.ts';
import { codeOf } from '../errors.ts';

/** A PostgreSQL for tests. */
export interface TestPostgres extends AsyncDisposable {
  /** Its database for administration. */
  databaseUrl: string;
}

/** Where initialised data directories are kept from one run to the next, as other tools keep such things. */
const CACHE = join('node_modules', '.cache', 'gather');
const URL_SETTING = 'GATHER_TEST_DATABASE_URL';
const SETTINGS = { fsync: 'off' };

let ofProcess: Promise<string> | undefined;

/**
 * Starts a PostgreSQL that all tests of this process, and of the processes that it starts, share. For the global setup
 * of a test runner; without one, each process that runs tests starts its own. Dispose of it.
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

/** The URL of the PostgreSQL that the tests of this process share. */
export function findTestPostgres(): Promise<string> {
  const given = process.env[URL_SETTING];
  if (given) return Promise.resolve(given);
  ofProcess ??= startForProcess();
  return ofProcess;
}

/** It ends with the process, which it does not keep from ending. */
async function startForProcess(): Promise<string> {
  const dataDir = await copyInitialised();
  const { databaseUrl } = await startEmbeddedPostgres({ dataDir, settings: SETTINGS, isBackground: true });
  const server = await readPostmasterFile(dataDirectory(dataDir));
  process.once('exit', () => {
    // What it holds is deleted at once: there is nothing to shut down in order.
    if (server) process.kill(server.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  return databaseUrl;
}

/** A new data directory that is initialised, in a tenth of the time that initdb takes: it is copied. Remove it. */
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

/** Makes the template, which appears when it is complete. Another process may be faster. */
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

/** Of the programs: a data directory is for one version of them. */
async function findVersion(): Promise<string> {
  const { postgres } = await findBinaries();
  const manifest = join(dirname(postgres), '..', '..', 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return version;
}
