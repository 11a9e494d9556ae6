import { type Insertable, type RawBuilder, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import { toKey } from './key.ts';
import type { Column } from './order.ts';
import { toParameter } from './query.ts';
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
import { type RowChange, toChangedColumns, toExpectedVersion, toHeldKey } from './update.ts';

const MAX_ROWS = 10_000;
/** The types of the keys that sequences give. */
const SEQUENTIAL: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint']);

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
      with input as (
        select * from ${toUnnest(input)}
      ), created as (
        insert into ${tableOf(definition)} (${toList(given)})
        select ${sql.join(given.map((column) => fromInput(definition.types[column], column)))}
        from input order by "$position"
        returning ${toList([...new Set<string>([...returned, ...key])])}
      )
      select ${toList(returned, 'created')} from ${toCreatedInOrder(definition, given)}`,
    toArrays(input),
  );
}

/**
 * The created rows in the order of the input. Numbers that a sequence gives rise in it. PostgreSQL returns rows with other
 * keys that it makes, such as random ones, as it has inserted them.
 */
function toCreatedInOrder<T extends keyof Schema>(
  { key, types }: TableDefinition<T>,
  given: readonly Column<T>[],
): RawBuilder<unknown> {
  if (key.every((column) => given.includes(column))) {
    const isSameRow = key.map((column) => sql`input.${sql.id(column)} = created.${sql.id(column)}`);
    return sql`created join input on ${sql.join(isSameRow, sql` and `)} order by input."$position"`;
  }
  return key.every((column) => SEQUENTIAL.has(types[column])) && key.length === 1
    ? sql`created order by ${toList(key, 'created')}`
    : sql`created`;
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
  assertDistinct(definition, changes);
  const table = aliasOf(definition);
  const { key } = definition;
  const isSameRow = sql.join(
    key.map((column) => sql`input.${sql.id(column)} = ${table}.${sql.id(column)}`),
    sql` and `,
  );
  const returned = toColumns(definition, columns);
  const input = toChangeInput(definition, changes);
  return bind(
    `bulkUpdate ${shapeOfTable(definition)}(${input.map(({ name }) => name)})(${returned})`,
    () => sql<Pick<Row<T>, C>>`
      with input as (
        select * from ${toUnnest(input)}
      ), locked as (
        select ${toList(key, definition.table)} from ${tableOf(definition)} join input on ${isSameRow}
        where ${isExpectedVersion(definition, input)}
        order by ${toList(key, definition.table)} for no key update of ${table}
      ), changed as (
        update ${tableOf(definition)} set ${sql.join([...toAssignments(definition, input), ...maintain(definition)])}
        from input where ${isSameRow}
          and (select count(distinct (${toList(key)})) from locked) = (select count(*) from input)
        returning ${toList(returned, definition.table)}, "$position"
      )
      select ${toList(returned)} from changed order by "$position"`,
    toArrays(input),
  );
}

/** A column of the input: an array comes as text, because `unnest` would take it apart too. */
function fromInput(type: string, column: string): RawBuilder<unknown> {
  const reference = sql`input.${sql.id(column)}`;
  return isArray(type) ? sql`${reference}::${sql.raw(type)}` : reference;
}

function isArray(type: string): boolean {
  return type.endsWith('[]');
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
  return toInputColumn(
    column,
    types[column],
    rows.map((row) => row[column]),
  );
}

function toInputColumn(name: string, type: string, values: readonly unknown[]): InputColumn {
  return isArray(type) ? { name, type: 'text', values: values.map(toParameter) } : { name, type, values };
}

function toChangeInput<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly Readonly<Record<string, unknown>>[],
): InputColumn[] {
  const { key, types, version } = definition;
  const keys = changes.map((change) => toHeldKey(definition, change));
  const input: InputColumn[] = key.map((column) => {
    return { name: column, type: types[column], values: keys.map((values) => values[column]) };
  });
  const versions = changes.map((change) => toExpectedVersion(definition, change));
  if (version && versions.some((expected) => expected !== null)) {
    input.push({ name: EXPECTED_VERSION, type: types[version], values: versions });
  }
  for (const column of toChangedColumns(definition, changes)) {
    const values = changes.map((change) => change[column]);
    input.push(toInputColumn(column, types[column], values));
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
    .filter((column) => !key.includes(column as Column<T>) && Object.hasOwn(types, column))
    .map((column) => {
      const value = fromInput(types[column as Column<T>], column);
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

function assertDistinct<T extends keyof Schema>(
  { key: columns }: TableDefinition<T>,
  changes: readonly RowChange<T>[],
): void {
  const key = toKey(columns);
  const field = columns.join(' and ');
  const seen = new Set<string | null>();
  for (const change of changes) {
    const value = key.textOf(change);
    if (seen.has(value)) {
      throw new GatherError('INVALID_INPUT', `Expected each row once, got ${field} "${value}" twice.`, {
        field,
        value: value ?? undefined,
      });
    }
    seen.add(value);
  }
}
