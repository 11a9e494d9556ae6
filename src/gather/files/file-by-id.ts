import { definitions } from '../database/tables.ts';
import type { LoaderSource } from '../loaders/batch.ts';
import { createRowByKey } from '../loaders/row-by-key.ts';

/** Files by ID; NOT_FOUND where there is none. */
export const fileById = (source: LoaderSource) => createRowByKey('fileById', source, definitions.file, 'id');
