import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Files by ID; NOT_FOUND where there is none. */
export const fileById = (source: LoaderSource) => createRowByKey('fileById', source, definitions.file, 'id');
