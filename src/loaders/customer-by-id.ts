import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

export const customerById = (source: LoaderSource) =>
  createRowByKey('customerById', source, { table: 'customer', column: 'id', type: 'bigint' });
