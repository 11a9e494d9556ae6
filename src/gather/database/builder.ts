import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector } from 'kysely';
import { RenamingCompiler } from './column-names.ts';
import type { Schema } from './schema.ts';

/** Kysely as a query builder only. It has no connection: `Database.run` runs statements. */
export const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new RenamingCompiler(),
  },
});
