import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { GatherError } from '../errors.ts';
import { inStep, type OnStep } from '../step.ts';
import { withClient } from './client.ts';
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
/** The connection of a migration, which may take long. */
const CONFIG: pg.ClientConfig = { query_timeout: 0, application_name: 'gather migrate' };
/** The longest wait of a migration for a table. */
const LOCK_TIMEOUT_MS = 60_000;
/** The longest wait for another process that migrates, in milliseconds. */
const TURN_TIMEOUT_MS = 3_600_000;
const UNDEFINED_TABLE = '42P01';
/** The tables of applied migrations, in the engine's schema. */
const ENGINE_HISTORY = 'engineMigration';
const APP_HISTORY = 'appMigration';

/**
 * Runs missing migrations: the engine's, then the application's. Each of the two sets is atomic. Several servers may do so
 * at once: one migrates, the others wait, for an hour at most.
 *
 * @param signal closes the connection; what is not committed is rolled back
 * @throws the error of the migration that failed; CONFLICT if the code does not know what has been applied
 */
export async function migrate(
  databaseUrl: string,
  source: MigrationSource,
  onStep: OnStep = () => {},
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  await inStep(onStep, 'migrations', async (report) => {
    const run = (client: pg.Client) => migrateOver(client, source);
    const names = await withClient(databaseUrl, run, signal, CONFIG).catch((error) => {
      signal?.throwIfAborted();
      throw toGatherError(error);
    });
    report(names.length > 0 ? names.join(', ') : 'none to run');
  });
}

/** Runs missing migrations over one connection, and returns their names. */
async function migrateOver(client: pg.Client, source: MigrationSource): Promise<string[]> {
  await openSession(client, CONNECT_TIMEOUT_MS, { lockTimeoutMs: LOCK_TIMEOUT_MS });
  // By default a role named like the engine's schema would create the application's tables there.
  await client.query('set search_path to public');
  await assertNotOldLayout(client);
  await waitForTurn(client);
  const database = toKysely(client);
  const names: string[] = [];
  for (const set of toSets(source)) {
    assertInOrder(await readSet(client, source, set));
    const { history, migrations } = set;
    const { error, results = [] } = await new Migrator({
      db: database,
      provider: { getMigrations: async () => ({ ...migrations }) },
      migrationTableSchema: source.engineSchema,
      migrationTableName: history,
      migrationLockTableName: `${history}Lock`,
    }).migrateToLatest();
    if (error) throw error;
    names.push(...results.map(({ migrationName }) => migrationName));
  }
  return names;
}

/** Waits for other processes that migrate, so that one runs both sets. The turn ends with the connection. */
async function waitForTurn(client: pg.Client): Promise<void> {
  const setTimeoutMs = (ms: number) => client.query(`select set_config('lock_timeout', $1, false)`, [`${ms}ms`]);
  await setTimeoutMs(TURN_TIMEOUT_MS);
  await client.query(`select pg_advisory_lock(hashtext('gather migrate'))`);
  await setTimeoutMs(LOCK_TIMEOUT_MS);
}

/** Kysely over one connection. A pool would close it when a statement fails, and so end the turn of this process. */
function toKysely(client: pg.Client): Kysely<unknown> {
  const reserved = Object.assign(client, { release: () => {} });
  const pool = { connect: async () => reserved, end: async () => {}, options: {} };
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

/** A migration of the code, of the database, or of both. */
export interface MigrationState {
  name: string;
  /** When it was applied, in UTC; undefined if it is missing in the database. */
  appliedAt: string | undefined;
  /** Whether the code has it. A newer version may have applied others. */
  isKnown: boolean;
}

/**
 * All migrations: the engine's, then the application's. Two cheap statements.
 * @throws DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function readMigrations(
  connection: pg.Pool | pg.Client,
  source: MigrationSource,
): Promise<MigrationState[]> {
  const states: MigrationState[] = [];
  for (const set of toSets(source)) states.push(...(await readSet(connection, source, set)));
  return states;
}

/** The names of missing migrations. @throws DATABASE_UNAVAILABLE or DATABASE_TIMEOUT */
export async function pendingMigrations(connection: pg.Pool | pg.Client, source: MigrationSource): Promise<string[]> {
  const states = await readMigrations(connection, source);
  return states.filter(({ appliedAt }) => appliedAt === undefined).map(({ name }) => name);
}

/** Says that a newer version has migrated the database, and what helps; undefined if the code knows all migrations. */
export function findNewer(states: readonly MigrationState[]): string | undefined {
  const names = states.filter(({ isKnown }) => !isKnown).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return (
    `The database has ${toNoun(names)} ${names.join(', ')}, which this version does not know: ` +
    'run the version that made it, or restore the file of the migration; an embedded database may also be deleted with its directory (DATA_DIR).'
  );
}

/** Migrations with a history of their own. */
interface MigrationSet {
  /** The table of those that have been applied. */
  history: string;
  migrations: Readonly<Record<string, Migration>>;
}

async function readSet(
  connection: pg.Pool | pg.Client,
  { engineSchema }: MigrationSource,
  { history, migrations }: MigrationSet,
): Promise<MigrationState[]> {
  const applied = await appliedMigrations(connection, engineSchema, history);
  const names = new Set([...Object.keys(migrations), ...applied.keys()]);
  return [...names]
    .sort()
    .map((name) => ({ name, appliedAt: applied.get(name), isKnown: Object.hasOwn(migrations, name) }));
}

function toSets({ engineSchema, migrations }: MigrationSource): MigrationSet[] {
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
): Promise<Map<string, string>> {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(history)}`;
  try {
    const { rows } = await connection.query<{ name: string; timestamp: string }>(
      `select name, timestamp from ${table}`,
    );
    return new Map(rows.map(({ name, timestamp }) => [name, timestamp]));
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return new Map();
    throw toGatherError(error);
  }
}

/** @throws CONFLICT if the database is newer than the code, or a missing migration would have to run before an applied one */
function assertInOrder(states: readonly MigrationState[]): void {
  const newer = findNewer(states);
  if (newer) throw new GatherError('CONFLICT', newer);
  for (const [index, { name, appliedAt }] of states.entries()) {
    const later = states.slice(index).find((it) => it.appliedAt !== undefined);
    if (appliedAt !== undefined || !later) continue;
    const message = `The migration ${name} comes before ${later.name}, which has been applied: rename it, so that it comes last.`;
    throw new GatherError('CONFLICT', message);
  }
}

function toNoun({ length }: readonly string[]): string {
  return length === 1 ? 'the migration' : 'the migrations';
}

/** Before its first release Gather had its own tables in the schema of the application's. */
async function assertNotOldLayout(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ isOld: boolean }>(
    `select to_regclass('public."jobChange"') is not null as "isOld"`,
  );
  if (!rows[0]?.isOld) return;
  const message =
    'This database was made by a version of Gather from before its first release, which kept its own tables in the schema public. Use an empty database; for the embedded one, delete its directory (DATA_DIR).';
  throw new GatherError('CONFLICT', message);
}
