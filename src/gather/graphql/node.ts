import { fromGlobalId, unknownId } from '../global-id.ts';
import type { Loaders } from '../loaders/index.ts';
import { findRow } from './rows.ts';

/** The result of `Query.node`: a row of any type that implements Node, with the type's name. */
export type NodeParent = (object & { __typename: string }) | null;

/**
 * Loads the object with this ID; null if there is none.
 * @throws INVALID_INPUT for an ID that this server cannot have issued
 */
export async function loadNode(globalId: string, loaders: Loaders): Promise<NodeParent> {
  const { type, key } = fromGlobalId(globalId);
  const loader = loaders.ofType(type);
  if (!loader) throw unknownId(globalId);
  const row = await findRow(loader, key);
  return row && { ...row, __typename: type };
}
