import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

export const itemBySku = (source: LoaderSource) =>
  createRowByKey('itemBySku', source, { table: 'item', column: 'sku', type: 'text' });
