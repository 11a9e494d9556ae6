import type { LoaderSource } from './batch.ts';
import { createParentPages } from './parent-pages.ts';

export const itemsBySupplierId = (source: LoaderSource) =>
  createParentPages('itemsBySupplierId', source, { table: 'item', parent: 'supplierId', direction: 'asc' });
