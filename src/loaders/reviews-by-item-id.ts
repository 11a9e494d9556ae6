import type { LoaderSource } from './batch.ts';
import { createParentPages } from './parent-pages.ts';

export const reviewsByItemId = (source: LoaderSource) =>
  createParentPages('reviewsByItemId', source, { table: 'review', parent: 'itemId', direction: 'desc' });
