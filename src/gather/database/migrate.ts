import { Socket } from 'node:net';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { GatherError } from '../errors.ts';
import { inStep, type OnStep } from '../step.ts';
import { toGatherError } from './errors.ts';
import { engineMigrations } from './migrations/index.ts';
import { type AppMigration, type EngineSchemas, engineTablesIn } from './schemas.ts';
import { openSession } from './session.ts';

/** The schema of the engine and the migrations of the application. */
export interface MigrationSource extends Pick<EngineSchemas, 'engineSchema'> {
  /** The application's migrations by name. Each runs once, in the order of their names. */
  migrations: Readonly<Record<string, AppMigration>>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The longest wait for migrations of another process. */
const LOCK_TIMEOUT_MS = 60_000;
const UNDEFINED_TABLE = '42P01';
/** The tables of applied migrations, in the engine's schema. */
const ENGINE_HISTORY = 'engineMigration';
const APP_HISTORY = 'appMigration';

/**
 * Runs missing migrations: the engine's, then the application's. Each of the two sets is atomic. Several servers may do so
 * at once: one migrates, the others wait.
 *
 * @param signal closes the connection; what is not committed is rolled back
 * @throws the error of the migration that failed
 */
export async function migrate(
  databaseUrl: string,
  source: MigrationSource,
  onStep: OnStep = () => {},
  signal?: AbortSignal,
): Promise<void> {
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
    await assertNotOldLayout(database);
    const names: string[] = [];
    // By default a role named like the engine's schema would create the application's tables there.
    await pool.query(`set search_path to public`);
    for (const { history, migrations } of toSets(source)) {
      const { error, results = [] } = await new Migrator({
        db: database,
        provider: { getMigrations: async () => ({ ...migrations }) },
        migrationTableSchema: source.engineSchema,
        migrationTableName: history,
        migrationLockTableName: `${history}Lock`,
      }).migrateToLatest();
      signal?.throwIfAborted();
      if (error) throw toGatherError(error);
      names.push(...results.map(({ migrationName }) => migrationName));
    }
    report(names.length > 0 ? names.join(', ') : 'none to run');
  });
}

/**
 * The names of missing migrations. Two cheap statements.
 * @throws DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function pendingMigrations(connection: pg.Pool | pg.Client, source: MigrationSource): Promise<string[]> {
  const pending: string[] = [];
  for (const { history, migrations } of toSets(source)) {
    const applied = await appliedMigrations(connection, source.engineSchema, history);
    pending.push(...Object.keys(migrations).filter((name) => !applied.has(name)));
  }
  return pending;
}

function toSets({ engineSchema, migrations }: MigrationSource) {
  const engineTable = engineTablesIn(engineSchema);
  const own = Object.entries(migrations).map(([name, migration]): [string, Migration] => [
    name,
    { up: (database) => migration(database, engineTable) },
  ]);
  return [
    { history: ENGINE_HISTORY, migrations: engineMigrations(engineSchema) },
    { history: APP_HISTORY, migrations: Object.fromEntries(own) },
  ];
}

async function appliedMigrations(
  connection: pg.Pool | pg.Client,
  schema: string,
  history: string,
): Promise<Set<string>> {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(history)}`;
  try {
    const { rows } = await connection.query<{ name: string }>(`select name from ${table}`);
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return new Set();
    throw toGatherError(error);
  }
}

/** Before its first release Gather had its own tables in the schema of the application's. */
async function assertNotOldLayout(database: Kysely<unknown>): Promise<void> {
  // Through Kysely, which ends the pool only if it has used it.
  const { rows } = await sql<{ isOld: boolean }>`select to_regclass('public."jobChange"') is not null as "isOld"`
    .execute(database)
    .catch((error) => {
      throw toGatherError(error);
    });
  if (!rows[0]?.isOld) return;
  const message =
    'This database was made by a version of Gather from before its first release, which kept its own tables in the schema public. Use an empty database; for the embedded one, delete its directory (DATA_DIR).';
  throw new GatherError('CONFLICT', message);
}
