import type { Decimal, Tables, Where } from 'gather';
import { sql } from 'kysely';

/**
 * Changes the prices of books by a percentage, each rounded half up to cents, in one statement.
 * @param percent -100 or more; 10 raises each price by a tenth
 * @returns how many books have a new price
 */
export function repriceBooks({ book }: Tables, where: Where<'book'>, percent: Decimal): Promise<number> {
  // A hundredth is multiplied by, because a division would be rounded before the cents are.
  return book.update(where, { price: (eb) => sql`${eb.ref('price')} * (100 + ${percent}::numeric) * 0.01` });
}
