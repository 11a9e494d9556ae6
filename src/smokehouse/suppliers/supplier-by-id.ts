import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Suppliers by ID; NOT_FOUND where there is none. */
export const supplierById = (source: LoaderSource) =>
  createRowByKey('supplierById', source, definitions.supplier, 'id');
