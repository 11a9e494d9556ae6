import { Socket } from 'node:net';
import { Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { inStep, type OnStep } from '../step.ts';
import { toGatherError } from './errors.ts';
import { migrations } from './migrations/index.ts';
import { openSession } from './session.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Another server's migrations are waited for no longer than this. */
const LOCK_TIMEOUT_MS = 60_000;
const UNDEFINED_TABLE = '42P01';

/**
 * Brings the database up to the latest migration: all of the missing ones, or, where one fails, none.
 * Several servers may do so at once: one migrates, the others wait for it.
 *
 * @param signal ends the connection, and with it whatever is not committed
 * @throws what PostgreSQL said of the migration that failed
 */
export async function migrate(databaseUrl: string, onStep: OnStep = () => {}, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await inStep(onStep, 'migrations', async (report) => {
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      max: 1,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      onConnect: (client) => openSession(client, CONNECT_TIMEOUT_MS, { lockTimeoutMs: LOCK_TIMEOUT_MS }),
      application_name: 'gather migrate',
      stream: () => new Socket({ signal }),
    });
    // A lost connection fails the statement that runs on it. Without these listeners it would end the process too.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    await using database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    const provider = { getMigrations: async () => ({ ...migrations }) };
    const { error, results = [] } = await new Migrator({ db: database, provider }).migrateToLatest();
    signal?.throwIfAborted();
    if (error) throw toGatherError(error);
    report(results.length > 0 ? results.map(({ migrationName }) => migrationName).join(', ') : 'none to run');
  });
}

/**
 * The names of the migrations that the database still lacks. One statement; for asking often.
 * @throws DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function pendingMigrations(connection: pg.Pool | pg.Client): Promise<string[]> {
  const applied = await appliedMigrations(connection);
  return Object.keys(migrations).filter((name) => !applied.has(name));
}

async function appliedMigrations(connection: pg.Pool | pg.Client): Promise<Set<string>> {
  try {
    const { rows } = await connection.query<{ name: string }>('select name from kysely_migration');
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return new Set();
    throw toGatherError(error);
  }
}
