import type { Id } from 'gather';
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

/** The days before today that have orders and statistics. */
const ORDER_DAYS = 30;
/** The first items, each of which has enough reviews to page through. */
const FULL_ITEMS = 20;
const FULL_ITEM_REVIEWS = 6;
/** Coprime to every number of items: spreads the popular ranks over the list. */
const SPREAD = 7919;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_LINES = 4;
const MAX_QUANTITY = 3;
const STATUSES: [ItemRow['status'], ...ItemRow['status'][]] = ['DRAFT', 'DRAFT', 'RETIRED'];

export function toSupplier(random: Random): Insertable<SupplierTable> {
  return { name: toSupplierName(random), city: toCity(random), createdAt: random.timestamp() };
}

export function toCustomer(random: Random): Insertable<CustomerTable> {
  return { name: toPersonName(random), city: toCity(random), createdAt: random.timestamp() };
}

/** @param index counts from 0 */
export function toItem(random: Random, index: number, supplierIds: readonly Id[]): Insertable<ItemTable> {
  const { name, description, isFood } = toProduct(random);
  const createdAt = random.timestamp();
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
    createdAt: random.timestamp(),
  };
}

export function toTask(random: Random): Insertable<TaskTable> {
  const done = random.next() < 0.4;
  const createdAt = random.timestamp();
  const completedAt = done ? new Date(Date.parse(createdAt) + HOUR_MS).toISOString() : null;
  return { title: toChore(random), done, createdAt, completedAt };
}

/** An item as an order needs it. */
export interface Priced {
  id: Id;
  price: string;
}

/** A prepared order of one of the last days, and its lines. @param part of these days that has passed, from 0 to 1 */
export function toOrder(random: Random, part: number, items: readonly Priced[]) {
  const lines = Array.from({ length: 1 + random.below(MAX_LINES) }, () => {
    const { id: itemId, price } = at(items, random.below(items.length));
    return { itemId, quantity: 1 + random.below(MAX_QUANTITY), price };
  });
  const cents = lines.reduce((sum, { quantity, price }) => sum + quantity * Math.round(Number(price) * 100), 0);
  const createdAt = new Date(random.end - Math.round((1 - part) * ORDER_DAYS * DAY_MS)).toISOString();
  return { order: { status: 'READY', total: (cents / 100).toFixed(2), createdAt } as const, lines };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`Expected an index below ${list.length}, got ${index}.`);
  return found;
}
