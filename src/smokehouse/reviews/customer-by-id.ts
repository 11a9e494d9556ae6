import { definitions } from '../../gather/database/tables.ts';
import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createRowByKey } from '../../gather/loaders/row-by-key.ts';

/** Customers by ID; NOT_FOUND where there is none. */
export const customerById = (source: LoaderSource) =>
  createRowByKey('customerById', source, definitions.customer, 'id');
