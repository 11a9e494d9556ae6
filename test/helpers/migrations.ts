import { engineMigrations } from '../../src/gather/database/migrations/index.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';

/** The names of all migrations, in the order in which they run. */
export const MIGRATIONS: readonly string[] = [
  ...Object.keys(engineMigrations('gather')),
  ...Object.keys(smokehouse.migrations),
];
