import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Items by SKU; NOT_FOUND where there is none. */
export const itemBySku = (source: LoaderSource) => createRowByKey('itemBySku', source, definitions.item, 'sku');
