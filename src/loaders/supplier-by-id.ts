import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Suppliers by ID; NOT_FOUND where there is none. */
export const supplierById = (source: LoaderSource) =>
  createRowByKey('supplierById', source, definitions.supplier, 'id');
