import type { GlobalId, KeyText } from './database/column-types.ts';
import type { KeyValue } from './database/key.ts';
import { GatherError } from './errors.ts';

/** Longest ID that is looked up. */
const MAX_LENGTH = 1000;
const GLOBAL_ID = /^([A-Z_a-z][A-Za-z\d_]*):(.*)$/s;

/** The global ID of a row: base64 of `Book:42`. @param key the value of its key, or the text of a key of several columns */
export function toGlobalId(type: string, key: KeyValue): GlobalId {
  return Buffer.from(`${type}:${key}`).toString('base64');
}

/**
 * Decodes a global ID to type and key. The key may be one that its type cannot hold: no row has it.
 * @throws INVALID_INPUT for anything else
 */
export function fromGlobalId(globalId: GlobalId): { type: string; key: KeyText } {
  const [, type, key] = GLOBAL_ID.exec(decode(globalId)) ?? [];
  if (type !== undefined && key !== undefined) return { type, key: key as KeyText };
  throw unknownId(globalId);
}

/**
 * Decodes the global ID of an object of this type to the key of its row.
 * @throws INVALID_INPUT if the ID is of another type or invalid
 */
export function toRowId(type: string, globalId: GlobalId): KeyText {
  const found = fromGlobalId(globalId);
  if (found.type === type) return found.key;
  throw new GatherError('INVALID_INPUT', `Expected the ID of an object of type ${type}, got one of ${found.type}.`);
}

/** The error for an ID that this server cannot have issued. */
export function unknownId(globalId: GlobalId): GatherError {
  return new GatherError('INVALID_INPUT', `Expected an ID issued by this server, got "${globalId}".`);
}

/** The text of base64; empty if it is none. */
function decode(globalId: string): string {
  if (globalId.length > MAX_LENGTH) return '';
  try {
    return Buffer.from(atob(globalId), 'latin1').toString();
  } catch {
    return '';
  }
}
