import type { OrderTerm } from 'gather';
import type { ItemOrder, ItemOrderField } from '../generated/schema.ts';

const COLUMNS = {
  SKU: 'sku',
  NAME: 'name',
  STATUS: 'status',
  PRICE: 'price',
  CALORIES: 'calories',
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
} as const satisfies Record<ItemOrderField, string>;

/** Converts a client's order to an order of rows. */
export function toItemOrder(orderBy: readonly ItemOrder[] | null | undefined): OrderTerm<'item'>[] {
  return (orderBy ?? []).map(({ field, direction }) => ({
    column: COLUMNS[field],
    direction: direction === 'DESC' ? 'desc' : 'asc',
  }));
}
