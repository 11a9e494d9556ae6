import { GatherError } from '../errors.ts';
import { type CursorValue, fromCursor, toCursor } from './cursor.ts';
import { isHeld } from './held.ts';
import type { Position } from './keyset.ts';
import { type Column, type OrderTerm, reverseOrder, shapeOfOrder } from './order.ts';
import type { Page } from './page.ts';
import type { Schema } from './schema.ts';
import type { TableDefinition } from './table-definition.ts';

/**
 * The positions that a page begins after and ends before. The latter is a position to begin after in the reverse order.
 * @throws INVALID_INPUT if a cursor is from another order
 */
export function toPositions<T extends keyof Schema>(
  definition: TableDefinition<T>,
  order: readonly OrderTerm<T>[],
  { after, before }: Pick<Page, 'after' | 'before'>,
): Position<T>[] {
  const positions: Position<T>[] = [];
  if (after !== undefined) positions.push({ order, values: toValues(definition, order, after), name: 'after' });
  if (before !== undefined)
    positions.push({ order: reverseOrder(order), values: toValues(definition, order, before), name: 'before' });
  return positions;
}

/** The cursor of a row in an order. */
export function cursorOf<T extends keyof Schema>(order: readonly OrderTerm<T>[], row: object): string {
  return toCursor(
    shapeOfOrder(order),
    order.map(({ column }): CursorValue => Reflect.get(row, column)),
  );
}

function toValues<T extends keyof Schema>(
  { types }: TableDefinition<T>,
  order: readonly OrderTerm<T>[],
  cursor: string,
): CursorValue[] {
  const values = fromCursor(shapeOfOrder(order), cursor);
  const isHeldAt = (value: CursorValue, index: number) => isHeld(types[order[index]?.column as Column<T>], value);
  if (values.length === order.length && values.every(isHeldAt)) return values;
  throw new GatherError('INVALID_INPUT', `Expected a cursor from a page of this list, got "${cursor}".`);
}
