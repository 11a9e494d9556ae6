import type { Decimal, Tables, Where } from 'gather';
import { sql } from 'kysely';

/**
 * Changes the prices of items by a percentage, each rounded half up to cents, in one statement.
 * @param percent -100 or more; 10 raises each price by a tenth
 * @returns how many items were changed
 */
export function repriceItems({ item }: Tables, where: Where<'item'>, percent: Decimal): Promise<number> {
  // Multiplies by 0.01, because a division would be rounded before the rounding to cents.
  return item.update(where, { price: (eb) => sql`${eb.ref('price')} * (100 + ${percent}::numeric) * 0.01` });
}
