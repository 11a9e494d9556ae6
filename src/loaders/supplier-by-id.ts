import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

export const supplierById = (source: LoaderSource) =>
  createRowByKey('supplierById', source, { table: 'supplier', column: 'id', type: 'bigint' });
