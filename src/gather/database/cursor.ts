import { GatherError } from '../errors.ts';

/** The longest cursor: a few values of some hundred characters each. */
const MAX_LENGTH = 10_000;

/** A value in a cursor. */
export type CursorValue = string | number | boolean | null;

/**
 * Encodes a row's values of the columns of an order in an opaque cursor.
 * @param order identifies the order; the cursor is refused for any other
 */
export function toCursor(order: string, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([order, ...values])).toString('base64url');
}

/**
 * Decodes the values in a cursor.
 * @throws INVALID_INPUT if it is malformed, or from another order
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
