import type { LoaderSource } from './batch.ts';
import { createParentPages } from './parent-pages.ts';

/** Pages of what a customer wrote, newest first. */
export const reviewsByCustomerId = (source: LoaderSource) =>
  createParentPages('reviewsByCustomerId', source, { table: 'review', parent: 'customerId', direction: 'desc' });
