import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Certificates by ID; NOT_FOUND where there is none. */
export const certificateById = (source: LoaderSource) =>
  createRowByKey('certificateById', source, definitions.certificate, 'id');
