import type { Columns } from './database/columns.ts';
import type { Database } from './database/database.ts';
import type { Tables } from './database/tables.ts';
import type { Loaders } from './loaders/index.ts';
import type { About } from './shop/about.ts';
import type { Upstreams } from './upstreams/index.ts';

/** What a resolver is handed: everything of one request. */
export interface Context {
  /** Aborts when nobody waits for the answer any more, or when its deadline has passed. */
  signal: AbortSignal;
  database: Database;
  tables: Tables;
  loaders: Loaders;
  /** Replaces the loaders, so that what is read after a change is read anew. */
  renewLoaders: () => void;
  upstreams: Upstreams;
  /** What of each table the operation reads. */
  columns: Columns;
  readAbout: (signal: AbortSignal) => Promise<About>;
}
