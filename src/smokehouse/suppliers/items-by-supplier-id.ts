import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createParentPages } from '../../gather/loaders/parent-pages.ts';

/** Pages of what a supplier delivers, oldest first. */
export const itemsBySupplierId = (source: LoaderSource) =>
  createParentPages('itemsBySupplierId', source, { table: 'item', parent: 'supplierId', direction: 'asc' });
