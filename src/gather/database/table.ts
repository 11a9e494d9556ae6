import type { Insertable } from 'kysely';
import { GatherError } from '../errors.ts';
import { insertRows, updateEach } from './bulk.ts';
import type { KeyText } from './column-types.ts';
import type { Connection } from './connection.ts';
import { type ConnectionQuery, connect } from './connections.ts';
import type { Database } from './database.ts';
import { insertRow, selectOrInsertRow, type UniqueKey, upsertRow } from './insert.ts';
import { fromKeyText, NO_KEY } from './key.ts';
import { type Column, type OrderTerm, reverseOrder, toTotalOrder } from './order.ts';
import { selectVersions, toRefusal } from './refusal.ts';
import type { Schema } from './schema.ts';
import { type Aggregate, type AggregateValue, aggregateRows, countRows, existsRow, selectRows } from './select.ts';
import type { BoundStatement } from './statement.ts';
import type { Row, TableDefinition } from './table-definition.ts';
import { deleteRows, type KeyOf, type Patch, type RowChange, updateRow, updateRows } from './update.ts';
import { compileNarrowing, type Where } from './where.ts';

const BATCH_SIZE = 500;

/** Maximum number of runs of `getOrCreate`: a row that it neither finds nor can insert exists at the next run. */
const MAX_ATTEMPTS = 5;

/** The columns to read, which determine the type of the row. @default all */
interface Columns<C> {
  columns?: readonly C[] | undefined;
}

interface Search<T extends keyof Schema, C> extends Columns<C> {
  /** @default every row */
  where?: Where<T> | undefined;
  /** The key breaks ties. @default by key */
  orderBy?: readonly OrderTerm<T>[] | undefined;
}

interface Iteration<T extends keyof Schema, C> extends Search<T, C> {
  /** Rows at a time. @default 500 */
  batchSize?: number | undefined;
}

/** The result of `getOrCreate` and `updateOrCreate`. `created` is true only for the caller that inserted the row. */
interface GotOrCreated<R> {
  row: R;
  created: boolean;
}

/**
 * The operations on one table, in the request, job or transaction of its database. Each is one statement, prepared on first
 * use. Changes increment `version` and set `updatedAt`, if the table has these columns.
 *
 * Throws what `Database.run` throws, and INVALID_INPUT for a condition that `compileWhere` refuses.
 */
export class Table<T extends keyof Schema> {
  readonly definition: TableDefinition<T>;
  readonly #database: Database;

  constructor(definition: TableDefinition<T>, database: Database) {
    this.definition = definition;
    this.#database = database;
  }

  /**
   * The columns of the key in an ID, as a condition and for `save`: `get(keyOf(toRowId('Book', id)))`. A text that is no key
   * of several columns becomes one that no row has.
   */
  keyOf(text: KeyText): KeyOf<T> {
    const { key } = this.definition;
    const values = fromKeyText(text, key.length);
    return Object.fromEntries(key.map((column, index) => [column, values?.[index] ?? NO_KEY])) as KeyOf<T>;
  }

  /**
   * The one row that matches.
   *
   * ```sql
   * select "id", "name" from "book" where "isbn" = $1 limit 2
   * ```
   *
   * @throws NOT_FOUND if there is none, INVALID_INPUT for a condition with a part that is absent, null or empty, and Error
   *   if there are several
   */
  async get<C extends Column<T> = Column<T>>(where: Where<T>, options?: Columns<C>): Promise<Pick<Row<T>, C>> {
    const row = await this.#readOne('get', where, options);
    if (row) return row;
    throw toNotFound(this.definition.table, where);
  }

  /**
   * The one row that matches, or undefined. The SQL is that of `get`.
   * @throws INVALID_INPUT as `get` does, and Error if there are several
   */
  find<C extends Column<T> = Column<T>>(where: Where<T>, options?: Columns<C>): Promise<Pick<Row<T>, C> | undefined> {
    return this.#readOne('find', where, options);
  }

  /**
   * The first row in the order.
   *
   * ```sql
   * select "id", "name" from "book" where "status" = $1 order by "price" desc, "id" desc limit 1
   * ```
   */
  async first<C extends Column<T> = Column<T>>({
    where = {},
    orderBy = [],
    columns,
  }: Search<T, C> = {}): Promise<Pick<Row<T>, C> | undefined> {
    const order = toTotalOrder(orderBy, this.definition.key);
    const statement = selectRows(this.definition, { where, orderBy: order, columns, limit: 1 });
    const [row] = await this.#run('first', statement);
    return row;
  }

  /**
   * The last row in the order.
   *
   * ```sql
   * select "id", "name" from "book" where "status" = $1 order by "price" asc, "id" asc limit 1
   * ```
   */
  async last<C extends Column<T> = Column<T>>({
    where = {},
    orderBy = [],
    columns,
  }: Search<T, C> = {}): Promise<Pick<Row<T>, C> | undefined> {
    const order = reverseOrder(toTotalOrder(orderBy, this.definition.key));
    const statement = selectRows(this.definition, { where, orderBy: order, columns, limit: 1 });
    const [row] = await this.#run('last', statement);
    return row;
  }

  /**
   * Whether any row matches.
   *
   * ```sql
   * select exists (select from "book" where "price" > $1) as "exists"
   * ```
   */
  async exists(where: Where<T>): Promise<boolean> {
    const [row] = await this.#run('exists', existsRow(this.definition, where));
    return row?.exists === true;
  }

  /**
   * Counts the rows that match.
   *
   * ```sql
   * select count(*) as "count" from "book" where "authorId" = any($1)
   * ```
   */
  async count(where: Where<T>): Promise<number> {
    const [row] = await this.#run('count', countRows(this.definition, where));
    return Number(row?.count);
  }

  /**
   * Computes aggregates of the rows that match, by name:
   * `aggregate({ status: 'ACTIVE' }, { mean: ['avg', 'price'], highest: ['max', 'price'] })`.
   *
   * ```sql
   * select round(avg("price"), 2) as "mean", max("price") as "highest" from "book" where "status" = $1
   * ```
   */
  async aggregate<const A extends Readonly<Record<string, Aggregate<T>>>>(
    where: Where<T>,
    aggregates: A,
  ): Promise<{ [Name in keyof A]: AggregateValue<T, A[Name]> }> {
    return one(await this.#run('aggregate', aggregateRows(this.definition, where, aggregates)));
  }

  /**
   * A page of the rows that match, by keyset pagination. Rows and total are read on demand.
   *
   * ```sql
   * select "id", "name", "price" from "book"
   * where "status" = $1 and ("price", "id") > ($2, $3) order by "price" asc, "id" asc limit 21
   * ```
   *
   * @throws INVALID_INPUT if a cursor is from another order
   */
  connection(query: ConnectionQuery<T>): Connection<Row<T>> {
    return connect(this.#database, this.definition, query);
  }

  /**
   * Inserts one row. Columns that are not given take their defaults.
   *
   * ```sql
   * insert into "book" ("isbn", "price") values ($1::text, $2::numeric) returning "id"
   * ```
   */
  async create<C extends Column<T> = Column<T>>(
    values: Insertable<Schema[T]>,
    { columns }: Columns<C> = {},
  ): Promise<Pick<Row<T>, C>> {
    return one(await this.#run('create', insertRow(this.definition, values, columns)));
  }

  /**
   * Returns the row with this unique key, or inserts it with the defaults. Concurrent callers get one row.
   *
   * ```sql
   * with found as (
   *   select "id" from "book" where "isbn" = $1
   * ), created as (
   *   insert into "book" ("isbn", "price") select $2::text, $3::numeric where not exists (select from found)
   *   on conflict ("isbn") do nothing returning "id"
   * )
   * select "id", false as "$created" from found union all select "id", true from created
   * ```
   *
   * If another caller inserts the row meanwhile, the statement returns nothing and runs again.
   */
  async getOrCreate<U extends UniqueKey<T>, C extends Column<T> = Column<T>>(
    unique: U,
    defaults: Omit<Insertable<Schema[T]>, keyof U>,
    { columns }: Columns<C> = {},
  ): Promise<GotOrCreated<Pick<Row<T>, C>>> {
    const statement = selectOrInsertRow(this.definition, unique, defaults, columns);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const [found] = await this.#run('getOrCreate', statement);
      if (found) return toGotOrCreated(found);
    }
    throw new GatherError('CONFLICT', 'Other requests create and delete this row. Try again.', { retryable: true });
  }

  /**
   * Updates the row with this unique key, or inserts it.
   *
   * ```sql
   * insert into "book" ("isbn", "price") values ($1::text, $2::numeric)
   * on conflict ("isbn") do update
   *   set "price" = excluded."price", "version" = "book"."version" + 1, "updatedAt" = now()
   * returning "id", xmax = 0 as "$created"
   * ```
   */
  async updateOrCreate<U extends UniqueKey<T>, C extends Column<T> = Column<T>>(
    unique: U,
    values: Omit<Insertable<Schema[T]>, keyof U>,
    { columns }: Columns<C> = {},
  ): Promise<GotOrCreated<Pick<Row<T>, C>>> {
    return toGotOrCreated(one(await this.#run('updateOrCreate', upsertRow(this.definition, unique, values, columns))));
  }

  /**
   * Inserts up to 10,000 rows, all or none, and returns them in the order of the input. A column that no row sets takes
   * its default; one that only some rows set is null in the others, if nullable.
   *
   * ```sql
   * with input as (
   *   select * from unnest($1::text[], $2::numeric[]) with ordinality as input ("isbn", "price", "$position")
   * ), created as (
   *   insert into "book" ("isbn", "price") select input."isbn", input."price" from input order by "$position"
   *   returning "id"
   * )
   * select "created"."id" from created order by "created"."id"
   * ```
   *
   * @throws INVALID_INPUT for more rows, and for a non-nullable column that only some rows set
   */
  async bulkCreate<C extends Column<T> = Column<T>>(
    rows: readonly Insertable<Schema[T]>[],
    { columns }: Columns<C> = {},
  ): Promise<Pick<Row<T>, C>[]> {
    if (rows.length === 0) return [];
    return this.#run('bulkCreate', insertRows(this.definition, rows, columns), rows.length);
  }

  /**
   * Updates up to 10,000 rows, each with its own values, all or none, and returns them in the order of the input. Rows
   * may set different columns; other columns stay unchanged. A row given with a `version` must still have it.
   *
   * ```sql
   * with input as (
   *   select * from unnest($1::bigint[], $2::integer[], $3::text[], $4::numeric[], $5::boolean[])
   *     with ordinality as input ("id", "$version", "name", "price", "price?", "$position")
   * ), locked as (
   *   select "book"."id" from "book" join input on input."id" = "book"."id"
   *   where input."$version" is null or input."$version" = "book"."version"
   *   order by "book"."id" for no key update of "book"
   * ), changed as (
   *   update "book" set "name" = input."name",
   *     "price" = case when input."price?" then input."price" else "book"."price" end,
   *     "version" = "book"."version" + 1, "updatedAt" = now()
   *   from input where input."id" = "book"."id"
   *     and (select count(distinct ("id")) from locked) = (select count(*) from input)
   *   returning "book"."id", "$position"
   * )
   * select "id" from changed order by "$position"
   * ```
   *
   * @throws NOT_FOUND if a row is gone, CONFLICT if it has another version, with the id of the first such row as `value`;
   *   INVALID_INPUT for a duplicate id
   */
  async bulkUpdate<C extends Column<T> = Column<T>>(
    changes: readonly RowChange<T>[],
    { columns }: Columns<C> = {},
  ): Promise<Pick<Row<T>, C>[]> {
    if (changes.length === 0) return [];
    const rows = await this.#run('bulkUpdate', updateEach(this.definition, changes, columns), changes.length);
    if (rows.length === changes.length) return rows;
    throw await this.#explain('bulkUpdate', changes);
  }

  /**
   * Updates all rows that match, with values or expressions over the old row, and returns their number:
   * `update({ status: 'ACTIVE' }, { price: (eb) => eb('price', '*', '1.1') })`.
   *
   * ```sql
   * update "book" set "price" = "price" * $1, "version" = "book"."version" + 1, "updatedAt" = now() where "status" = $2
   * ```
   *
   * @throws INVALID_INPUT for a condition with a part that is absent, null or empty, `{}` too: see `compileNarrowing`
   */
  async update(where: Where<T>, patch: Patch<T>): Promise<number> {
    const statement = updateRows(this.definition, where, patch);
    return (await this.#database.run(statement, { name: this.#nameOf('update') })).count;
  }

  /**
   * Deletes all rows that match, and returns their number.
   *
   * ```sql
   * delete from "book" where "id" = $1
   * ```
   *
   * @throws INVALID_INPUT for a condition with a part that is absent, null or empty, `{}` too: see `compileNarrowing`
   */
  async delete(where: Where<T>): Promise<number> {
    const statement = deleteRows(this.definition, where);
    return (await this.#database.run(statement, { name: this.#nameOf('delete') })).count;
  }

  /**
   * Updates the given columns of one row. With a `version`, only if the row still has it.
   *
   * ```sql
   * update "book" set "name" = $1, "version" = "book"."version" + 1, "updatedAt" = now()
   * where "id" = $2 and "version" = $3 returning "id", "name"
   * ```
   *
   * @throws NOT_FOUND if the row is gone, CONFLICT if it has another version; a second statement tells which
   */
  async save<C extends Column<T> = Column<T>>(
    change: RowChange<T>,
    { columns }: Columns<C> = {},
  ): Promise<Pick<Row<T>, C>> {
    const [row] = await this.#run('save', updateRow(this.definition, change, columns));
    if (row) return row;
    throw await this.#explain('save', [change]);
  }

  /**
   * Iterates over the rows that match, reading them in batches: memory is constant for any number of rows. Leaving the loop
   * ends the statement.
   *
   * ```sql
   * select "id", "name" from "book" where "status" = $1 order by "id" asc
   * ```
   */
  async *iterate<C extends Column<T> = Column<T>>({
    where = {},
    orderBy = [],
    columns,
    batchSize = BATCH_SIZE,
  }: Iteration<T, C> = {}): AsyncGenerator<Pick<Row<T>, C>, void, undefined> {
    const order = toTotalOrder(orderBy, this.definition.key);
    const statement = selectRows(this.definition, { where, orderBy: order, columns });
    for await (const rows of this.#database.stream(statement, { name: this.#nameOf('iterate') }, batchSize)) {
      for (const row of rows) yield row;
    }
  }

  async #readOne<C extends Column<T>>(operation: string, where: Where<T>, { columns }: Columns<C> = {}) {
    const statement = selectRows(this.definition, { where, columns, limit: 2, compile: compileNarrowing });
    const [row, another] = await this.#run(operation, statement);
    if (another)
      throw new Error(`Expected at most one ${this.definition.table}, got several; \`first\` takes one of them.`);
    return row;
  }

  async #explain(operation: string, changes: readonly RowChange<T>[]): Promise<GatherError> {
    const present = await this.#run(operation, selectVersions(this.definition, changes), changes.length);
    return toRefusal(this.definition, changes, present);
  }

  async #run<R>(operation: string, statement: BoundStatement<R>, keys = 1): Promise<R[]> {
    return (await this.#database.run(statement, { name: this.#nameOf(operation), keys })).rows;
  }

  #nameOf(operation: string): string {
    return `${this.definition.name}.${operation}`;
  }
}

function one<R>([row]: readonly R[]): R {
  if (row === undefined) throw new Error('Expected a row, got none.');
  return row;
}

function toGotOrCreated<R extends object>(found: R & { $created: boolean }): GotOrCreated<R> {
  const { $created: created, ...row } = found;
  return { row: row as R, created };
}

function toNotFound(name: string, where: object): GatherError {
  const [[field, value] = [], ...others] = Object.entries(where).filter(([, part]) => part != null);
  if (field === undefined || others.length > 0 || typeof value === 'object') {
    return new GatherError('NOT_FOUND', `No ${name} meets the condition.`);
  }
  return new GatherError('NOT_FOUND', `There is no ${name} with this ${field}.`, {
    field,
    value: String(value),
  });
}
