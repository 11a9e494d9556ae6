import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Reviews by ID; NOT_FOUND where there is none. */
export const reviewById = (source: LoaderSource) => createRowByKey('reviewById', source, definitions.review, 'id');
