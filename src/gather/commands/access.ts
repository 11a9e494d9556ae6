import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { type EngineAccess, readAccess } from '../database/access.ts';
import { withClient } from '../database/client.ts';
import { toGatherError } from '../database/errors.ts';
import { assertReady } from './assert-ready.ts';
import { CommandError } from './command.ts';
import { assertPolicies } from './policies.ts';
import { schemasOf } from './server-config.ts';

/**
 * Checks that a server can serve from a database: as `assertReady` does, but an application without migrations of its own
 * needs no tables of the engine, and policies of row-level security must hold. Reads only.
 * @param say called with what does not work, if anything does not
 * @returns what the role may do with the engine's tables
 * @throws what `assertReady` and `assertPolicies` throw
 */
export async function assertServable(
  app: App,
  databaseUrl: string,
  config: Config,
  signal?: AbortSignal,
  say: (text: string) => void = () => {},
): Promise<EngineAccess['may']> {
  const access = await findAccess(databaseUrl, config, signal);
  const needsNoTables = access.may === 'none' && Object.keys(app.migrations).length === 0;
  if (!needsNoTables) await assertReady(app, databaseUrl, config, signal);
  await assertPolicies(app, databaseUrl, signal);
  await assertReplicaPolicies(app, databaseUrl, config, signal);
  if (access.may !== 'write') say(describeAccess(access, config));
  return access.may;
}

/** A replica has the same policies and roles; so only another user needs a look. */
async function assertReplicaPolicies(
  app: App,
  databaseUrl: string,
  { DATABASE_REPLICA_URL: url }: Config,
  signal?: AbortSignal,
) {
  if (url === undefined || new URL(url).username === new URL(databaseUrl).username) return;
  await assertPolicies(app, url, signal);
}

/** Checks that a worker can run. @throws CommandError if the role may not write the engine's tables */
export async function assertWritable(databaseUrl: string, config: Config, signal?: AbortSignal): Promise<void> {
  const access = await findAccess(databaseUrl, config, signal);
  if (access.may !== 'write') throw new CommandError(`A worker cannot run. ${describeAccess(access, config)}`);
}

/** Says what does not work, and what helps. */
function describeAccess({ may, role, isReadOnly }: EngineAccess, config: Config): string {
  const { engineSchema, queueSchema } = schemasOf(config);
  if (may === 'none') {
    return (
      `The role ${role} finds no tables of Gather in this database. Sign-in with a password, files, jobs and schedules ` +
      'do not work; everything else does. For all of it, run `npm run gather migrate` as a role that may create ' +
      'schemas, and start again.'
    );
  }
  const fact = isReadOnly ? 'may only read this database' : 'may not write the tables of Gather';
  const grant = `grant insert, update, delete on all tables in schema ${engineSchema}, ${queueSchema} to ${role}`;
  const help = isReadOnly
    ? 'start with a role and a server that may write'
    : `run \`${grant}\` in psql, and start again`;
  return (
    `The role ${role} ${fact}. Sign-in with a password, uploads, jobs and schedules do not work; reads do. ` +
    `For all of it, ${help}.`
  );
}

async function findAccess(databaseUrl: string, config: Config, signal?: AbortSignal): Promise<EngineAccess> {
  try {
    return await withClient(databaseUrl, (client) => readAccess(client, schemasOf(config)), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw toGatherError(error);
  }
}
