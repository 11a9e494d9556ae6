import type { TypeRegistry } from 'gather';

/** The tables of the types in schema.graphql. */
export const types = {
  Item: 'item',
  Supplier: 'supplier',
  Customer: 'customer',
  Review: 'review',
  Task: 'task',
  Order: 'order',
  OrderLine: 'orderLine',
  DailyStatistics: 'dailyStatistics',
  Certificate: 'certificate',
} as const satisfies TypeRegistry;
