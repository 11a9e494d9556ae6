import { certificateById } from '../../smokehouse/certificates/certificate-by-id.ts';
import { averageRatingByItemId } from '../../smokehouse/items/average-rating-by-item-id.ts';
import { itemById } from '../../smokehouse/items/item-by-id.ts';
import { itemBySku } from '../../smokehouse/items/item-by-sku.ts';
import { priceBySku } from '../../smokehouse/items/price-by-sku.ts';
import { stockBySku } from '../../smokehouse/items/stock-by-sku.ts';
import { linesByOrderId } from '../../smokehouse/orders/lines-by-order-id.ts';
import { orderById } from '../../smokehouse/orders/order-by-id.ts';
import { customerById } from '../../smokehouse/reviews/customer-by-id.ts';
import { reviewById } from '../../smokehouse/reviews/review-by-id.ts';
import { reviewsByCustomerId } from '../../smokehouse/reviews/reviews-by-customer-id.ts';
import { reviewsByItemId } from '../../smokehouse/reviews/reviews-by-item-id.ts';
import { itemsBySupplierId } from '../../smokehouse/suppliers/items-by-supplier-id.ts';
import { supplierById } from '../../smokehouse/suppliers/supplier-by-id.ts';
import { taskById } from '../../smokehouse/tasks/task-by-id.ts';
import type { Reference, References } from '../database/columns.ts';
import type { Id } from '../database/schema.ts';
import { fileById } from '../files/file-by-id.ts';
import { keyByFileId } from '../files/key-by-file-id.ts';
import { jobById } from '../jobs/job-by-id.ts';
import { lastJobBySchedule } from '../jobs/last-job-by-schedule.ts';
import type { LoaderSource } from './batch.ts';
import { KnownRows } from './known-rows.ts';

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
  jobById,
  lastJobBySchedule,
  orderById,
  linesByOrderId,
  fileById,
  certificateById,
  keyByFileId,
  priceBySku,
  stockBySku,
};

/** Every loader, by name, and the rows that they need not read. */
export type Loaders = { readonly [Name in keyof typeof makers]: ReturnType<(typeof makers)[Name]> } & {
  readonly known: KnownRows;
  /** To be told of rows that were read; resolves when the rows that they refer to are known too, or could not be read. */
  follow: LoaderSource['follow'];
};

/** A fresh set of loaders. Each is made when it is first asked for, so that a request pays for those that it uses. */
export function createLoaders(given: Omit<LoaderSource, 'known' | 'follow'>, references: References): Loaders {
  const known = new KnownRows();
  const follow: LoaderSource['follow'] = async (table, rows) => {
    known.add(table, rows);
    await Promise.all(references[table].map((reference) => loadReferred(loaders, reference, rows)));
  };
  const source: LoaderSource = { ...given, known, follow };
  const loaders: Loaders = Object.create(lazyLoaders, {
    source: { value: source },
    known: { value: known },
    follow: { value: follow },
  });
  return loaders;
}

/** A row that cannot be read is the matter of the field that asks for it: `loadMany` does not reject. */
async function loadReferred(loaders: Loaders, { column, table }: Reference, rows: readonly object[]): Promise<void> {
  await loaders[`${table}ById`].loadMany([...new Set(rows.map((row): Id => Reflect.get(row, column)))]);
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
