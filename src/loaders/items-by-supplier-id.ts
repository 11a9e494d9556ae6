import type { LoaderSource } from './batch.ts';
import { createParentPages } from './parent-pages.ts';

/** Pages of what a supplier delivers, oldest first. */
export const itemsBySupplierId = (source: LoaderSource) =>
  createParentPages('itemsBySupplierId', source, { table: 'item', parent: 'supplierId', direction: 'asc' });
