import type { Id, Timestamp } from 'gather';
import type { Insertable } from 'kysely';
import type {
  CustomerTable,
  ItemRow,
  ItemTable,
  ReviewTable,
  SupplierTable,
  TaskTable,
} from '../generated/database.ts';
import type { Random } from './random.ts';
import { toChore, toCity, toPersonName, toProduct, toReviewText, toSupplierName } from './words.ts';

/** The first items, each of which has enough reviews to page through. */
const FULL_ITEMS = 20;
const FULL_ITEM_REVIEWS = 6;
/** Coprime to every number of items: spreads the popular ranks over the list. */
const SPREAD = 7919;
const FIRST_DAY = Date.UTC(2024, 0, 1);
const DAYS = 700;
const DAY_MS = 86_400_000;
const STATUSES: [ItemRow['status'], ...ItemRow['status'][]] = ['DRAFT', 'DRAFT', 'RETIRED'];

export function toSupplier(random: Random): Insertable<SupplierTable> {
  return { name: toSupplierName(random), city: toCity(random), createdAt: toTimestamp(random) };
}

export function toCustomer(random: Random): Insertable<CustomerTable> {
  return { name: toPersonName(random), city: toCity(random), createdAt: toTimestamp(random) };
}

/** @param index counts from 0 */
export function toItem(random: Random, index: number, supplierIds: readonly Id[]): Insertable<ItemTable> {
  const { name, description, isFood } = toProduct(random);
  const createdAt = toTimestamp(random);
  return {
    sku: `SKU-${String(index + 1).padStart(5, '0')}`,
    name,
    description,
    status: random.next() < 0.85 ? 'ACTIVE' : random.pick(STATUSES),
    price: (1 + random.next() ** 2 * 199).toFixed(2),
    calories: isFood && random.next() < 0.8 ? 20 + random.below(600) : null,
    supplierId: at(supplierIds, random.below(supplierIds.length)),
    createdAt,
    updatedAt: createdAt,
  };
}

/** @param index counts from 0; the first reviews go to the first items, the others mostly to a few popular ones */
export function toReview(
  random: Random,
  index: number,
  itemIds: readonly Id[],
  customerIds: readonly Id[],
): Insertable<ReviewTable> {
  const rating = 5 - Math.floor(random.next() ** 2 * 5);
  // Zipf's law: the item of rank n is reviewed about 1/n as often as the first.
  const rank = Math.floor(itemIds.length ** random.next());
  const item = index < FULL_ITEMS * FULL_ITEM_REVIEWS ? index % FULL_ITEMS : (rank * SPREAD) % itemIds.length;
  return {
    itemId: at(itemIds, item),
    customerId: at(customerIds, random.below(customerIds.length)),
    rating,
    text: toReviewText(random, rating),
    createdAt: toTimestamp(random),
  };
}

export function toTask(random: Random): Insertable<TaskTable> {
  const done = random.next() < 0.4;
  const createdAt = toTimestamp(random);
  const completedAt = done ? new Date(Date.parse(createdAt) + DAY_MS).toISOString() : null;
  return { title: toChore(random), done, createdAt, completedAt };
}

function toTimestamp(random: Random): Timestamp {
  return new Date(FIRST_DAY + random.below(DAYS * DAY_MS)).toISOString();
}

function at(ids: readonly Id[], index: number): Id {
  const id = ids[index];
  if (id === undefined) throw new RangeError(`Expected an index below ${ids.length}, got ${index}.`);
  return id;
}
