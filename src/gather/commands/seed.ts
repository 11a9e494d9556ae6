import { seed as seedDatabase } from '../../smokehouse/seed/seed.ts';
import type { Command } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { showStep } from './steps.ts';

/** Fills an empty shop. */
export const seed: Command = {
  summary: 'fills an empty database with the sample data of the Smokehouse.',
  help: `Run \`migrate\` first. A shop that has suppliers is left as it is. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer`,
  required: ['DATABASE_URL'],

  async run(config) {
    const databaseUrl = config.DATABASE_URL as string;
    await assertMigrated(databaseUrl, config);
    await seedDatabase(databaseUrl, { size: 'shop', onStep: showStep });
  },
};
