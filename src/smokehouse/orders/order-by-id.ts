import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Orders by ID; NOT_FOUND where there is none. */
export const orderById = (source: LoaderSource) => createRowByKey('orderById', source, definitions.order, 'id');
