import { definitions } from '../database/tables.ts';
import type { LoaderSource } from './batch.ts';
import { createRowByKey } from './row-by-key.ts';

/** Customers by ID; NOT_FOUND where there is none. */
export const customerById = (source: LoaderSource) =>
  createRowByKey('customerById', source, definitions.customer, 'id');
