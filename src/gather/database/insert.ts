import { expressionBuilder, type Insertable, type RawBuilder, sql } from 'kysely';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { type BoundStatement, param } from './statement.ts';
import {
  bind,
  maintain,
  type Row,
  shapeOfTable,
  type TableDefinition,
  tableOf,
  toColumns,
  toGivenColumns,
  toList,
} from './table-definition.ts';
import { compileNarrowing, type Where } from './where.ts';

/** The values of a unique key. */
export type UniqueKey<T extends keyof Schema> = {
  readonly [C in keyof Insertable<Schema[T]>]?: NonNullable<Insertable<Schema[T]>[C]>;
};

/** A row, and whether this operation inserted it. */
type RowWithCreated<R> = R & { $created: boolean };

/** `insert into … values … returning …` */
export function insertRow<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  values: Insertable<Schema[T]>,
  columns: readonly C[] | undefined,
): BoundStatement<Pick<Row<T>, C>> {
  const given = toGivenColumns(definition, [values]);
  const returned = toColumns(definition, columns);
  return bind(
    `insert ${shapeOfTable(definition)}(${given})(${returned})`,
    () => sql<Pick<Row<T>, C>>`
      insert into ${tableOf(definition)} (${toList(given)}) values (${toParams(definition, given)})
      returning ${toList(returned)}`,
    { ...values },
  );
}

/**
 * Reads the row, or inserts it. Returns no row if another transaction inserted it and committed after this statement began:
 * the row is then in the index, but not in the statement's snapshot.
 */
export function selectOrInsertRow<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  unique: UniqueKey<T>,
  defaults: object,
  columns: readonly C[] | undefined,
): BoundStatement<RowWithCreated<Pick<Row<T>, C>>> {
  const { shape, values, condition } = compileNarrowing(definition, unique as Where<T>);
  const table = tableOf(definition);
  const key = toGivenColumns(definition, [unique]);
  const given = toGivenColumns(definition, [unique, defaults]);
  const returned = toColumns(definition, columns);
  return bind(
    `getOrCreate ${shapeOfTable(definition)}(${given})(${returned})${shape}`,
    () => sql<RowWithCreated<Pick<Row<T>, C>>>`
      with found as (
        select ${toList(returned)} from ${table} where ${condition(expressionBuilder<Schema, T>())}
      ), created as (
        insert into ${table} (${toList(given)})
        select ${toParams(definition, given)} where not exists (select from found)
        on conflict (${toList(key)}) do nothing
        returning ${toList(returned)}
      )
      select ${toList(returned)}, false as "$created" from found
      union all select ${toList(returned)}, true from created`,
    { ...values, ...defaults, ...unique },
  );
}

/**
 * Inserts the row, or updates it. `xmax` tells which: it is 0 only in a row that was never locked. The update does not set
 * the unique key: setting it, even to the same value, waits for every transaction that inserts a row referring to this one.
 */
export function upsertRow<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  unique: UniqueKey<T>,
  rest: object,
  columns: readonly C[] | undefined,
): BoundStatement<RowWithCreated<Pick<Row<T>, C>>> {
  const given = toGivenColumns(definition, [unique, rest]);
  const key = toGivenColumns(definition, [unique]);
  const returned = toColumns(definition, columns);
  const assignments = given
    .filter((column) => !key.includes(column))
    .map((column) => sql`${sql.id(column)} = excluded.${sql.id(column)}`);
  return bind(
    `updateOrCreate ${shapeOfTable(definition)}(${key})(${given})(${returned})`,
    () => sql<RowWithCreated<Pick<Row<T>, C>>>`
      insert into ${tableOf(definition)} (${toList(given)}) values (${toParams(definition, given)})
      on conflict (${toList(key)}) do update set ${sql.join([...assignments, ...maintain(definition)])}
      returning ${toList(returned)}, xmax = 0 as "$created"`,
    { ...rest, ...unique },
  );
}

/** `$1::text, $2::numeric`. */
function toParams<T extends keyof Schema>(
  { types }: TableDefinition<T>,
  columns: readonly Column<T>[],
): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql`${param(column)}::${sql.raw(types[column])}`));
}
