import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createParentPages } from '../../gather/loaders/parent-pages.ts';

/** Pages of what customers think of an item, newest first. */
export const reviewsByItemId = (source: LoaderSource) =>
  createParentPages('reviewsByItemId', source, { table: 'review', parent: 'itemId', direction: 'desc' });
