import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Tasks by ID; NOT_FOUND where there is none. */
export const taskById = (source: LoaderSource) => createRowByKey('taskById', source, definitions.task, 'id');
