import { belongsTo, type Decimal, defineType, reads } from 'gather';

export const OrderLine = defineType('OrderLine', {
  item: belongsTo('itemId'),
  total: reads(['price', 'quantity'], ({ price, quantity }) => multiply(price, quantity)),
});

/** Multiplies exactly, in whole cents. @param price with two decimal places, not negative */
function multiply(price: Decimal, quantity: number): Decimal {
  const cents = String(BigInt(price.replace('.', '')) * BigInt(quantity)).padStart(3, '0');
  return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
}
