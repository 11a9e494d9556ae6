import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Items by ID; NOT_FOUND where there is none. */
export const itemById = (source: LoaderSource) => createRowByKey('itemById', source, definitions.item, 'id');
