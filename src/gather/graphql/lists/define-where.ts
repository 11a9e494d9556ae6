import type { RawBuilder, SqlBool } from 'kysely';
import type { Column } from '../../database/order.ts';
import type { ColumnReference } from '../../database/sql-condition.ts';
import type { Registered } from '../../register.ts';
import type { TableOfType } from '../types.ts';

type Inputs = Registered<'schemaTypes', Readonly<Record<never, never>>>;
type TableOfWhere<Name> = Name extends `${infer Type}Where` ? TableOfType<Type> : never;

/** The SQL of conditions: of each field of an input, by its value and references to columns of the row. */
export type Conditions<Name extends keyof Inputs> = {
  readonly [Field in keyof Inputs[Name]]?: (
    value: NonNullable<Inputs[Name][Field]>,
    column: ColumnReference<Column<TableOfWhere<Name>>>,
  ) => RawBuilder<SqlBool>;
};

/**
 * Defines those fields of a condition's input that are neither columns nor related rows.
 *
 * ```ts
 * export const BookWhere = defineWhere('BookWhere', {
 *   matches: (text, book) => sql`to_tsvector('english', ${book('title')}) @@ plainto_tsquery('english', ${text})`,
 * });
 * ```
 *
 * The values in the SQL become params of a prepared statement. List the result in `resolvers`.
 */
export function defineWhere<const Name extends keyof Inputs>(
  _name: Name,
  conditions: Conditions<Name>,
): Conditions<Name> {
  return conditions;
}
