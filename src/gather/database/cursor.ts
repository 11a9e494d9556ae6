import { GatherError } from '../errors.ts';

/** Longest cursor: a few values of at most some hundreds of characters. */
const MAX_LENGTH = 10_000;

/** A value of a column, as it goes into a cursor. */
export type CursorValue = string | number | boolean | null;

/**
 * An opaque cursor from the values that a row has in the columns of an order.
 * @param order says which order; a cursor is refused for any other
 */
export function toCursor(order: string, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([order, ...values])).toString('base64url');
}

/**
 * The values that `toCursor` was given.
 * @throws INVALID_INPUT for anything else, and for a cursor of another order
 */
export function fromCursor(order: string, cursor: string): CursorValue[] {
  const [cursorOrder, ...values] = parse(cursor);
  if (cursorOrder === order) return values;
  throw new GatherError('INVALID_INPUT', `Expected a cursor from a page in the order ${order}, got "${cursor}".`);
}

function parse(cursor: string): CursorValue[] {
  if (cursor.length > MAX_LENGTH) return [];
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) && parts.every(isCursorValue) ? parts : [];
  } catch {
    return [];
  }
}

function isCursorValue(value: unknown): value is CursorValue {
  return value === null || typeof value !== 'object';
}
