import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Items by SKU; NOT_FOUND where there is none. */
export const itemBySku = (source: LoaderSource) => createRowByKey('itemBySku', source, definitions.item, 'sku');
