import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Tasks by ID; NOT_FOUND where there is none. */
export const taskById = (source: LoaderSource) => createRowByKey('taskById', source, definitions.task, 'id');
