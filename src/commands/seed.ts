import { seed as seedDatabase } from '../database/seed.ts';
import type { Command } from './command.ts';
import { showStep } from './steps.ts';

/** Fills an empty shop. */
export const seed: Command = {
  summary: 'fills an empty database with the sample data of the Smokehouse.',
  help: `Run \`migrate\` first. A shop that has suppliers is left as it is. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer`,
  required: ['DATABASE_URL'],
  run: (config) => seedDatabase(config.DATABASE_URL as string, { size: 'shop', onStep: showStep }),
};
