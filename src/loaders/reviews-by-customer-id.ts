import type { LoaderSource } from './batch.ts';
import { createParentPages } from './parent-pages.ts';

export const reviewsByCustomerId = (source: LoaderSource) =>
  createParentPages('reviewsByCustomerId', source, { table: 'review', parent: 'customerId', direction: 'desc' });
