import type { LoaderSource } from '../../gather/loaders/batch.ts';
import { createParentPages } from '../../gather/loaders/parent-pages.ts';

/** Pages of what a customer wrote, newest first. */
export const reviewsByCustomerId = (source: LoaderSource) =>
  createParentPages('reviewsByCustomerId', source, { table: 'review', parent: 'customerId', direction: 'desc' });
