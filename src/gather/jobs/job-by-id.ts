import { definitions } from '../database/tables.ts';
import type { LoaderSource } from '../loaders/batch.ts';
import { createRowByKey } from '../loaders/row-by-key.ts';

/** Jobs by ID; NOT_FOUND where there is none. */
export const jobById = (source: LoaderSource) => createRowByKey('jobById', source, definitions.job, 'id');
