import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

export const taskById = (source: LoaderSource) =>
  createRowByKey('taskById', source, { table: 'task', column: 'id', type: 'bigint' });
