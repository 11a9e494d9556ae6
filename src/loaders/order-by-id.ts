import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Orders by ID; NOT_FOUND where there is none. */
export const orderById = (source: LoaderSource) => createRowByKey('orderById', source, definitions.order, 'id');
