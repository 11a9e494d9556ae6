import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Reviews by ID; NOT_FOUND where there is none. */
export const reviewById = (source: LoaderSource) => createRowByKey('reviewById', source, definitions.review, 'id');
