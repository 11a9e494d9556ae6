import type { TableName } from './schema.ts';
import type { TableDefinition } from './table-definition.ts';
import type { Where } from './where.ts';

/** A step from a row to rows of another table. */
export interface Hop {
  /** The other table. */
  readonly definition: TableDefinition<TableName>;
  /** The columns that are equal: the row's, and the other table's. */
  readonly on: readonly (readonly [from: string, to: string])[];
}

/** A condition on the rows to which hops lead. */
type OfRelated = Where<TableName> | null | undefined;

/** The part of a `Where` that asks for related rows. */
export class Related {
  /** The steps to them: one, or two through a table of pairs. */
  readonly hops: readonly Hop[];
  /** `one`: the row referred to meets the condition; `some`: at least one row does; `none`: no row does. */
  readonly conditions: { readonly one: OfRelated } | { readonly some?: OfRelated; readonly none?: OfRelated };
  /** Restricts the related rows to those that exist for the viewer. */
  readonly scope: Where<TableName> | undefined;

  constructor(hops: readonly Hop[], conditions: Related['conditions'], scope?: Where<TableName>) {
    this.hops = hops;
    this.conditions = conditions;
    this.scope = scope;
  }
}
