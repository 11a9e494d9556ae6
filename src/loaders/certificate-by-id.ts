import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Certificates by ID; NOT_FOUND where there is none. */
export const certificateById = (source: LoaderSource) =>
  createRowByKey('certificateById', source, definitions.certificate, 'id');
