import { engineMigrations } from '../../src/gather/database/migrations/index.ts';
import { fixture } from './fixture.ts';

/** The names of all migrations, in the order in which they run. */
export const MIGRATIONS: readonly string[] = [
  ...Object.keys(engineMigrations('gather')),
  ...Object.keys(fixture.app.migrations),
];
