import { averageRatingByItemId } from './average-rating-by-item-id.ts';
import type { LoaderSource } from './batch.ts';
import { customerById } from './customer-by-id.ts';
import { itemById } from './item-by-id.ts';
import { itemBySku } from './item-by-sku.ts';
import { itemsBySupplierId } from './items-by-supplier-id.ts';
import { KnownRows } from './known-rows.ts';
import { priceBySku } from './price-by-sku.ts';
import { reviewById } from './review-by-id.ts';
import { reviewsByCustomerId } from './reviews-by-customer-id.ts';
import { reviewsByItemId } from './reviews-by-item-id.ts';
import { stockBySku } from './stock-by-sku.ts';
import { supplierById } from './supplier-by-id.ts';
import { taskById } from './task-by-id.ts';

const makers = {
  itemById,
  itemBySku,
  itemsBySupplierId,
  supplierById,
  customerById,
  reviewById,
  reviewsByItemId,
  reviewsByCustomerId,
  averageRatingByItemId,
  taskById,
  priceBySku,
  stockBySku,
};

/** Every loader, by name, and the rows that they need not read. */
export type Loaders = { readonly [Name in keyof typeof makers]: ReturnType<(typeof makers)[Name]> } & {
  readonly known: KnownRows;
};

/** A fresh set of loaders. Each is made when it is first asked for, so that a request pays for those that it uses. */
export function createLoaders(source: Omit<LoaderSource, 'known'>): Loaders {
  const known = new KnownRows();
  return Object.create(lazyLoaders, { source: { value: { ...source, known } }, known: { value: known } });
}

const lazyLoaders = Object.defineProperties(
  {},
  Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, { get: toGetter(name, make) }])),
);

function toGetter(name: string, make: (source: LoaderSource) => unknown) {
  return function (this: { source: LoaderSource }) {
    const value = make(this.source);
    Object.defineProperty(this, name, { value });
    return value;
  };
}
