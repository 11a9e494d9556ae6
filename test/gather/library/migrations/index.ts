import type { AppMigration } from 'gather';
import { createLibrary } from './0001-library.ts';
import { createGenres } from './0002-genres.ts';

/** Every migration by its name. */
export const migrations: Readonly<Record<string, AppMigration>> = {
  '0001-library': createLibrary,
  '0002-genres': createGenres,
};
