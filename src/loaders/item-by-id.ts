import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

export const itemById = (source: LoaderSource) =>
  createRowByKey('itemById', source, { table: 'item', column: 'id', type: 'bigint' });
