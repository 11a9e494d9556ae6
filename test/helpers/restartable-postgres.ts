import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '../../src/gather/database/migrate.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/gather/embedded-postgres/embedded-postgres.ts';
import { copyInitialised } from '../../src/gather/testing/postgres.ts';
import { TEST_SCHEMAS } from './database.ts';
import { fixture } from './fixture.ts';

const AWAY_MS = 1000;
const END_TIMEOUT_MS = 10_000;

/** A PostgreSQL of a test's own, migrated, that can go away and come back at the same address. Stop it. */
export class RestartablePostgres {
  readonly databaseUrl: string;
  readonly #dataDir: string;
  #running: EmbeddedPostgres;

  private constructor(running: EmbeddedPostgres, dataDir: string) {
    this.databaseUrl = running.databaseUrl;
    this.#running = running;
    this.#dataDir = dataDir;
  }

  static async start(): Promise<RestartablePostgres> {
    await using stack = new AsyncDisposableStack();
    const dataDir = await copyInitialised();
    stack.defer(() => rm(dataDir, { recursive: true }));
    const running = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
    stack.defer(() => running.stop());
    await migrate(running.databaseUrl, { ...TEST_SCHEMAS, migrations: fixture.app.migrations });
    stack.move();
    return new RestartablePostgres(running, dataDir);
  }

  /** Ends it, leaves it away for a second, and starts it. @param signal SIGINT: fast, SIGQUIT: as after a crash */
  async restart(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const [pid] = (await readFile(join(this.#dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), signal);
    await untilEnded(Number(pid));
    await this.#running.stop();
    await sleep(AWAY_MS);
    const { port } = new URL(this.databaseUrl);
    this.#running = await startEmbeddedPostgres({ dataDir: this.#dataDir, settings: { fsync: 'off', port } });
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    await rm(this.#dataDir, { recursive: true });
  }
}

async function untilEnded(pid: number): Promise<void> {
  const deadline = performance.now() + END_TIMEOUT_MS;
  while (performance.now() < deadline) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  throw new Error(`The process ${pid} does not end.`);
}
