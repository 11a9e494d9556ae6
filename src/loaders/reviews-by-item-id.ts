import type { LoaderSource } from './batch.ts';
import { createParentPages } from './parent-pages.ts';

/** Pages of what customers think of an item, newest first. */
export const reviewsByItemId = (source: LoaderSource) =>
  createParentPages('reviewsByItemId', source, { table: 'review', parent: 'itemId', direction: 'desc' });
