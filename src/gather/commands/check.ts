import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { withClient } from '../database/client.ts';
import { findMissingColumns } from '../database/missing-columns.ts';
import { toDefinitions } from '../database/tables.ts';
import { engineResolvers } from '../engine-resolvers.ts';
import { AppError, createAppSchema } from '../graphql/schema.ts';
import { type Command, CommandError } from './command.ts';
import { findDatabase } from './find-database.ts';
import { schemasOf } from './server-config.ts';

/** Whether the parts of the application fit together. */
export const check = (app: App): Command => ({
  summary: 'checks that each field has a source, each column exists, and each mutation has a rule.',
  help: `Each fault names the place to mend. The same is checked at every start. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer; without it, the one that \`start\` runs in DATA_DIR
  DATA_DIR=.gather             where that one keeps its data`,

  async run(config) {
    assertFits(app, config);
    await assertColumns(app, await findDatabase(app, config), config);
    const { types, services, tasks } = app;
    const parts = [
      `${Object.keys(types).length} types`,
      `${Object.keys(services).length} services`,
      `${tasks.length} tasks`,
    ];
    console.log(`${app.name} fits together: ${parts.join(', ')}.`);
  },
});

/** @throws CommandError with all parts of the application that do not fit together */
export function assertFits(app: App, config: Config): void {
  try {
    createAppSchema({ ...app, definitions: definitionsOf(app, config), engineResolvers });
  } catch (error) {
    if (error instanceof AppError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

/**
 * @param databaseUrl of a database that is migrated
 * @throws CommandError with all columns that it lacks
 */
export async function assertColumns(
  app: App,
  databaseUrl: string,
  config: Config,
  signal?: AbortSignal,
): Promise<void> {
  const definitions = definitionsOf(app, config);
  const missing = await withClient(databaseUrl, (client) => findMissingColumns(client, definitions), signal);
  if (missing.length === 0) return;
  throw new CommandError(
    `The database lacks these columns, which the generated definitions have: ${missing.join(', ')}.\n` +
      'Add a migration that makes them, or run `npm run codegen` where they are gone for good.',
  );
}

function definitionsOf({ database }: App, config: Config) {
  return toDefinitions(database.tables, schemasOf(config).engineSchema);
}
