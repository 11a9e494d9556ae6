import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { findTestPostgres } from '../../src/gather/testing/postgres.ts';

/** A database that somebody else has made. Dispose of it. */
export interface ForeignDatabase extends AsyncDisposable {
  databaseUrl: string;
  /** Runs statements. */
  run(text: string): Promise<void>;
}

/** Creates a database from files of SQL. */
export async function foreignDatabase(...files: readonly string[]): Promise<ForeignDatabase> {
  const serverUrl = await findTestPostgres();
  const name = `foreign_${randomUUID().replaceAll('-', '')}`;
  await run(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  for (const file of files) await run(url.href, await readFile(file, 'utf8'));
  return {
    databaseUrl: url.href,
    run: (text) => run(url.href, text),
    [Symbol.asyncDispose]: () => run(serverUrl, `drop database ${name} with (force)`),
  };
}

async function run(databaseUrl: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'test' });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
