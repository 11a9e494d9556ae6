import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Tasks by ID; null where there is none. */
export const taskById = (source: LoaderSource) =>
  createRowByKey('taskById', source, { table: 'task', column: 'id', type: 'bigint' });
