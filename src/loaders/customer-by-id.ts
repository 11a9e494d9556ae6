import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Customers by ID; null where there is none. */
export const customerById = (source: LoaderSource) =>
  createRowByKey('customerById', source, { table: 'customer', column: 'id', type: 'bigint' });
