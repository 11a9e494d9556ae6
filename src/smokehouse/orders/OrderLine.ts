import type { Decimal } from '../../gather/database/schema.ts';
import { reads, refers } from '../../gather/graphql/reads.ts';
import type { OrderLineResolvers } from '../generated/schema.ts';

export const OrderLine: OrderLineResolvers = {
  item: refers('itemId', 'item'),
  total: reads(['price', 'quantity'], ({ price, quantity }) => multiply(price, quantity)),
};

/** Exact, in whole cents. @param price with two decimals, and not negative */
function multiply(price: Decimal, quantity: number): Decimal {
  const cents = String(BigInt(price.replace('.', '')) * BigInt(quantity)).padStart(3, '0');
  return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
}
