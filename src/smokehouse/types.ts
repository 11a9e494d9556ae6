import type { TypeRegistry } from 'gather';

/** Which type of schema.graphql is which table. */
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
