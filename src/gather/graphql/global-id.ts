import type { GlobalId, Id } from '../database/column-types.ts';
import { ID_OF_NO_ROW, isId, isWholeNumber } from '../database/id.ts';
import { GatherError } from '../errors.ts';

/** Longest ID that is looked up. */
const MAX_LENGTH = 100;
const GLOBAL_ID = /^([A-Z][A-Za-z\d_]*):(.+)$/;

/** The ID that clients see of a row: base64 of `Book:42`. */
export function toGlobalId(type: string, id: Id): GlobalId {
  return btoa(`${type}:${id}`);
}

/**
 * The type and the key that `toGlobalId` was given. A number that is too large for a key is that of no row.
 * @throws INVALID_INPUT for anything else
 */
export function fromGlobalId(globalId: GlobalId): { type: string; id: Id } {
  const [, type, id] = GLOBAL_ID.exec(decode(globalId)) ?? [];
  if (type && id && isWholeNumber(id)) return { type, id: isId(id) ? id : ID_OF_NO_ROW };
  throw notGiven(globalId);
}

/**
 * The key of a row of this type.
 * @throws INVALID_INPUT where the ID is of another type, or none at all
 */
export function toRowId(type: string, globalId: GlobalId): Id {
  const found = fromGlobalId(globalId);
  if (found.type === type) return found.id;
  throw new GatherError('INVALID_INPUT', `Expected the ID of an object of type ${type}, got one of ${found.type}.`);
}

/** The error for an ID that this server cannot have given. */
export function notGiven(globalId: GlobalId): GatherError {
  return new GatherError('INVALID_INPUT', `Expected an ID that this server gave, got "${globalId}".`);
}

function decode(globalId: string): string {
  if (globalId.length > MAX_LENGTH) return '';
  try {
    return atob(globalId);
  } catch {
    return '';
  }
}
