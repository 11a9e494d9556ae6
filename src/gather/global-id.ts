import type { GlobalId, Id } from './database/column-types.ts';
import { ID_OF_NO_ROW, isId, isWholeNumber } from './database/id.ts';
import { GatherError } from './errors.ts';

/** Longest ID that is looked up. */
const MAX_LENGTH = 100;
const GLOBAL_ID = /^([A-Z][A-Za-z\d_]*):(.+)$/;

/** The global ID of a row: base64 of `Book:42`. */
export function toGlobalId(type: string, id: Id): GlobalId {
  return Buffer.from(`${type}:${id}`).toString('base64');
}

/**
 * Decodes a global ID to type and key. A number too large for a key becomes the key of no row.
 * @throws INVALID_INPUT for anything else
 */
export function fromGlobalId(globalId: GlobalId): { type: string; id: Id } {
  const [, type, id] = GLOBAL_ID.exec(decode(globalId)) ?? [];
  if (type && id && isWholeNumber(id)) return { type, id: isId(id) ? id : ID_OF_NO_ROW };
  throw unknownId(globalId);
}

/**
 * Decodes the global ID of an object of this type to the key of its row.
 * @throws INVALID_INPUT if the ID is of another type or invalid
 */
export function toRowId(type: string, globalId: GlobalId): Id {
  const found = fromGlobalId(globalId);
  if (found.type === type) return found.id;
  throw new GatherError('INVALID_INPUT', `Expected the ID of an object of type ${type}, got one of ${found.type}.`);
}

/** The error for an ID that this server cannot have issued. */
export function unknownId(globalId: GlobalId): GatherError {
  return new GatherError('INVALID_INPUT', `Expected an ID issued by this server, got "${globalId}".`);
}

function decode(globalId: string): string {
  if (globalId.length > MAX_LENGTH) return '';
  try {
    return atob(globalId);
  } catch {
    return '';
  }
}
