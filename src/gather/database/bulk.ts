import { type Insertable, type RawBuilder, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import type { Id } from './column-types.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { type BoundStatement, param } from './statement.ts';
import {
  aliasOf,
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
import { type RowChange, toChangedColumns, toExpectedVersion } from './update.ts';

const MAX_ROWS = 10_000;

/** `insert into … select … from unnest(…) …`: one array for each column. */
export function insertRows<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  rows: readonly Insertable<Schema[T]>[],
  columns: readonly C[] | undefined,
): BoundStatement<Pick<Row<T>, C>> {
  assertNotTooMany(rows);
  const { key } = definition;
  const given = toGivenColumns(definition, rows);
  const returned = toColumns(definition, columns);
  const input = given.map((column) => toInput(definition, rows, column));
  return bind(
    `bulkCreate ${shapeOfTable(definition)}(${given})(${returned})`,
    () => sql<Pick<Row<T>, C>>`
      with created as (
        insert into ${tableOf(definition)} (${toList(given)})
        select ${toList(given)} from ${toUnnest(input)} order by "$position"
        returning ${toList([...new Set<string>([...returned, key])])}
      )
      select ${toList(returned)} from created order by ${sql.id(key)}`,
    toArrays(input),
  );
}

/**
 * `update … set … from unnest(…) …`: one array per column, and for a column that only some rows set a second one, which
 * tells the rows that set it. First locks the rows that exist in the expected version, in key order so that two such
 * statements cannot deadlock. If any row is missing, changes nothing and returns no rows.
 */
export function updateEach<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  changes: readonly RowChange<T>[],
  columns: readonly C[] | undefined,
): BoundStatement<Pick<Row<T>, C>> {
  assertNotTooMany(changes);
  assertDistinct(changes);
  const table = aliasOf(definition);
  const key = sql.id(definition.key);
  const returned = toColumns(definition, columns);
  const input = toChangeInput(definition, changes);
  return bind(
    `bulkUpdate ${shapeOfTable(definition)}(${input.map(({ name }) => name)})(${returned})`,
    () => sql<Pick<Row<T>, C>>`
      with input as (
        select * from ${toUnnest(input)}
      ), locked as (
        select ${table}.${key} from ${tableOf(definition)} join input on input.${key} = ${table}.${key}
        where ${isExpectedVersion(definition, input)}
        order by ${table}.${key} for no key update of ${table}
      ), changed as (
        update ${tableOf(definition)} set ${sql.join([...toAssignments(definition, input), ...maintain(definition)])}
        from input where input.${key} = ${table}.${key}
          and (select count(distinct ${key}) from locked) = (select count(*) from input)
        returning ${sql.join(returned.map((column) => sql`${table}.${sql.id(column)}`))}, "$position"
      )
      select ${toList(returned)} from changed order by "$position"`,
    toArrays(input),
  );
}

/** One column of the input of a bulk statement. */
interface InputColumn {
  name: string;
  type: string;
  values: readonly unknown[];
}

const EXPECTED_VERSION = '$version';

/** The name of the column that tells which rows set a column. */
const toCompanion = (column: string) => `${column}?`;

function toInput<T extends keyof Schema>(
  { types, nullable }: TableDefinition<T>,
  rows: readonly Readonly<Record<string, unknown>>[],
  column: Column<T>,
): InputColumn {
  const missing = nullable.includes(column) ? -1 : rows.findIndex((row) => row[column] === undefined);
  if (missing >= 0) {
    const message = `Expected a value for ${column} in every row or in none, got none in row ${missing}.`;
    throw new GatherError('INVALID_INPUT', message, { field: column });
  }
  return { name: column, type: types[column], values: rows.map((row) => row[column]) };
}

function toChangeInput<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly Readonly<Record<string, unknown>>[],
): InputColumn[] {
  const { key, types, version } = definition;
  const input: InputColumn[] = [{ name: key, type: types[key], values: changes.map((change) => change[key]) }];
  const versions = changes.map((change) => toExpectedVersion(definition, change));
  if (version && versions.some((expected) => expected !== null)) {
    input.push({ name: EXPECTED_VERSION, type: types[version], values: versions });
  }
  for (const column of toChangedColumns(definition, changes)) {
    input.push({ name: column, type: types[column], values: changes.map((change) => change[column]) });
    const isGiven = changes.map((change) => change[column] !== undefined);
    if (isGiven.includes(false)) input.push({ name: toCompanion(column), type: 'boolean', values: isGiven });
  }
  return input;
}

function toAssignments<T extends keyof Schema>(
  { table, types, key }: TableDefinition<T>,
  input: readonly InputColumn[],
): RawBuilder<unknown>[] {
  const names = new Set(input.map((column) => column.name));
  return [...names]
    .filter((column) => column !== key && Object.hasOwn(types, column))
    .map((column) => {
      const value = sql`input.${sql.id(column)}`;
      if (!names.has(toCompanion(column))) return sql`${sql.id(column)} = ${value}`;
      const isGiven = sql`input.${sql.id(toCompanion(column))}`;
      return sql`${sql.id(column)} = case when ${isGiven} then ${value} else ${sql.id(table, column)} end`;
    });
}

function isExpectedVersion<T extends keyof Schema>(
  { table, version }: TableDefinition<T>,
  input: readonly InputColumn[],
) {
  if (!version || !input.some((column) => column.name === EXPECTED_VERSION)) return sql`true`;
  return sql`input."$version" is null or input."$version" = ${sql.id(table, version)}`;
}

/** `unnest($1::bigint[], $2::text[]) with ordinality as input ("id", "name", "$position")`. */
function toUnnest(input: readonly InputColumn[]): RawBuilder<unknown> {
  const arrays = sql.join(input.map(({ name, type }) => sql`${param(name)}::${sql.raw(type)}[]`));
  const names = toList(input.map(({ name }) => name));
  return sql`unnest(${arrays}) with ordinality as input (${names}, "$position")`;
}

function toArrays(input: readonly InputColumn[]) {
  return Object.fromEntries(input.map(({ name, values }) => [name, values]));
}

function assertNotTooMany(rows: readonly unknown[]): void {
  if (rows.length <= MAX_ROWS) return;
  throw new GatherError('INVALID_INPUT', `Expected at most 10,000 rows, got ${rows.length}.`);
}

function assertDistinct(changes: readonly { readonly id: Id }[]): void {
  const seen = new Set<Id>();
  for (const { id } of changes) {
    if (seen.has(id)) {
      throw new GatherError('INVALID_INPUT', `Expected each row once, got id "${id}" twice.`, {
        field: 'id',
        value: id,
      });
    }
    seen.add(id);
  }
}
