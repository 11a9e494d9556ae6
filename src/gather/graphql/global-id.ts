import { ID_OF_NO_ROW, isId, isWholeNumber } from '../database/id.ts';
import type { Id } from '../database/schema.ts';
import { GatherError } from '../errors.ts';

/** The types that have an ID of their own. */
export type NodeType = (typeof NODE_TYPES)[number];

const NODE_TYPES = [
  'Item',
  'Supplier',
  'Customer',
  'Review',
  'Task',
  'Job',
  'Order',
  'StoredFile',
  'Certificate',
] as const;
/** Of an ID that anything is looked for. */
const MAX_LENGTH = 100;
const GLOBAL_ID = /^([A-Z][A-Za-z]*):(.+)$/;

/** The ID that clients see of a row: base64 of `Item:42`. */
export function toGlobalId(type: NodeType, id: Id): string {
  return btoa(`${type}:${id}`);
}

/**
 * The type and the key that `toGlobalId` was given. A number that is too large for a key is that of no row.
 * @throws INVALID_INPUT for anything else
 */
export function fromGlobalId(globalId: string): { type: NodeType; id: Id } {
  const [, type, id] = GLOBAL_ID.exec(decode(globalId)) ?? [];
  if (type && id && isNodeType(type) && isWholeNumber(id)) return { type, id: isId(id) ? id : ID_OF_NO_ROW };
  throw new GatherError('INVALID_INPUT', `Expected an ID that this server gave, got "${globalId}".`);
}

/**
 * The key of a row of this type.
 * @throws INVALID_INPUT where the ID is of another type, or none at all
 */
export function toRowId(type: NodeType, globalId: string): Id {
  const found = fromGlobalId(globalId);
  if (found.type === type) return found.id;
  throw new GatherError('INVALID_INPUT', `Expected the ID of an object of type ${type}, got one of ${found.type}.`);
}

/** Whether `fromGlobalId` takes it. */
export function isGlobalId(globalId: string): boolean {
  try {
    return Boolean(fromGlobalId(globalId));
  } catch {
    return false;
  }
}

function isNodeType(type: string): type is NodeType {
  return NODE_TYPES.some((known) => known === type);
}

function decode(globalId: string): string {
  if (globalId.length > MAX_LENGTH) return '';
  try {
    return atob(globalId);
  } catch {
    return '';
  }
}
