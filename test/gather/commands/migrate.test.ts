import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bringUpToDate } from '../../../src/gather/commands/migrate.ts';
import { readConfig } from '../../../src/gather/config.ts';
import { type ForeignDatabase, foreignDatabase } from '../../helpers/foreign-database.ts';
import { library } from '../library/index.ts';

const ID = randomUUID().slice(0, 8);
const ROLE = `migrator_${ID}`;
const OWNER = `owner_${ID}`;

let database: ForeignDatabase;
let name: string;

beforeEach(async () => {
  database = await foreignDatabase();
  name = new URL(database.databaseUrl).pathname.slice(1);
  await database.run(`create role ${ROLE} login password 'migrates'; create role ${OWNER}`);
});
afterEach(async () => {
  await database.run(`drop owned by ${ROLE}, ${OWNER}; drop role ${ROLE}, ${OWNER}`);
  await database[Symbol.asyncDispose]();
});

/** @returns what is said if the role may not migrate */
async function migrate(): Promise<string> {
  const url = Object.assign(new URL(database.databaseUrl), { username: ROLE, password: 'migrates' }).href;
  return bringUpToDate(library, url, readConfig(library, [], {})).then(
    () => '',
    (error) => error.message,
  );
}

test('a role without rights is told all grants at once, and can migrate with them', async () => {
  const said = await migrate();
  expect(said).toBe(
    `The role ${ROLE} may not migrate this database: permission denied for database ${name}. Run ` +
      `\`grant create on database ${name} to ${ROLE}; grant usage, create on schema public to ${ROLE}\` ` +
      'in psql as a role that may, and migrate again.',
  );
  await database.run(/`(.*)`/.exec(said)?.[1] ?? '');
  expect(await migrate()).toBe('');
});

test('a role that may create schemas, but nothing in public, is told that', async () => {
  await database.run(`grant create on database ${name} to ${ROLE}`);
  expect(await migrate()).toBe(
    `The role ${ROLE} may not migrate this database: permission denied for schema public. Run ` +
      `\`grant usage, create on schema public to ${ROLE}\` in psql as a role that may, and migrate again.`,
  );
});

test('a role that does not own the schemas of the engine is told whose it is not', async () => {
  await database.run(`grant create on database ${name} to ${ROLE}, ${OWNER};
    grant usage, create on schema public to ${ROLE};
    create schema gather authorization ${OWNER}`);
  const said = await migrate();
  expect(said).toBe(
    `The role ${ROLE} may not migrate this database: permission denied for schema gather. Run ` +
      `\`grant ${OWNER} to ${ROLE}\` in psql as a role that may, and migrate again.`,
  );
  await database.run(/`(.*)`/.exec(said)?.[1] ?? '');
  expect(await migrate()).toBe('');
});

test('a role whose transactions are read-only is not told that the database cannot be reached', async () => {
  await database.run(`grant create on database ${name} to ${ROLE}; grant usage, create on schema public to ${ROLE};
    alter role ${ROLE} set default_transaction_read_only = on`);
  expect(await migrate()).toBe(
    `The role ${ROLE} may not migrate this database: cannot execute CREATE SCHEMA in a read-only transaction. ` +
      'Its transactions are read-only: migrate with a role and a server that may write.',
  );
});
