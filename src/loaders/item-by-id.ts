import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Items by ID; null where there is none. */
export const itemById = (source: LoaderSource) =>
  createRowByKey('itemById', source, { table: 'item', column: 'id', type: 'bigint' });
