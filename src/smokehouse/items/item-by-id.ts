import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Items by ID; NOT_FOUND where there is none. */
export const itemById = (source: LoaderSource) => createRowByKey('itemById', source, definitions.item, 'id');
