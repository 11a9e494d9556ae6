import type { Loaders } from '../loaders/index.ts';
import { fromGlobalId, notGiven } from './global-id.ts';
import { findRow } from './rows.ts';

/** What `Query.node` finds: a row of any type that implements Node, with the type's name. */
export type NodeParent = (object & { __typename: string }) | null;

/**
 * The object that has this ID; null where there is none.
 * @throws INVALID_INPUT for an ID that this server cannot have given
 */
export async function loadNode(globalId: string, loaders: Loaders): Promise<NodeParent> {
  const { type, id } = fromGlobalId(globalId);
  const loader = loaders.ofType(type);
  if (!loader) throw notGiven(globalId);
  const row = await findRow(loader, id);
  return row && { ...row, __typename: type };
}
