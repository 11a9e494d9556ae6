import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../src/gather/database/migrate.ts';
import { startEmbeddedPostgres } from '../src/gather/embedded-postgres/embedded-postgres.ts';
import { startExampleServices } from '../src/smokehouse/example-services/index.ts';
import { SHOP } from './schemas.ts';

interface Bench {
  /** The directory of the database. */
  dataDir: string;
  /** The URL of a migrated database without rows. */
  databaseUrl: string;
  /** The URLs of the example services, by name. */
  urls: Readonly<Record<string, string>>;
}

/** Starts a database and the example services, which end with the stack. @param settings of PostgreSQL */
export async function startBench(
  stack: AsyncDisposableStack,
  settings: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-bench-'));
  stack.defer(() => rm(dataDir, { recursive: true }));
  const postgres = await startEmbeddedPostgres({ dataDir, settings });
  stack.defer(() => postgres.stop());
  const { databaseUrl } = postgres;
  await migrate(databaseUrl, SHOP);
  const { urls, close } = await startExampleServices();
  stack.defer(close);
  return { dataDir, databaseUrl, urls };
}

/** Inserts this many items of one supplier. */
export async function insertItems(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`insert into supplier (name, city) values ('Oak & Ember', 'Austin')`);
  await client.query(
    `insert into item (sku, name, "supplierId", price)
     select 'SKU-' || n, 'Item ' || n, 1, 1 from generate_series(1, $1::integer) n`,
    [count],
  );
  await client.query('vacuum analyze item');
  await client.end();
}
