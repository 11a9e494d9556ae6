import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import type { Columns, Reference, References } from '../database/columns.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { ownerColumnOf } from './guards.ts';
import { readingOf } from './reads.ts';
import type { TypeRegistry } from './types.ts';

/** Which type is which table, and what is known of the tables. */
export interface TableTypes {
  definitions: Definitions;
  types: TypeRegistry;
}

/** The columns and references of one table that an operation reads. */
class TableSelection {
  readonly columns: Set<string>;
  readonly #types: object;
  readonly #references = new Map<string, Reference>();
  /** Whether a field needs more than the row and the rows that it refers to. */
  #hasOthers = false;

  constructor({ key, types }: Definitions[TableName]) {
    this.columns = new Set([key]);
    this.#types = types;
  }

  add(field: GraphQLField<unknown, unknown>): void {
    const { reads, refersTo } = readingOf(field);
    if (refersTo) for (const column of reads ?? []) this.#references.set(column, { column, table: refersTo });
    for (const column of reads ?? [field.name]) this.addColumn(column);
    if (reads && !refersTo && field.name !== 'id') this.#hasOthers = true;
  }

  /** Ignores a name that is no column: the field needs none. */
  addColumn(column: string | undefined): void {
    if (column !== undefined && Object.hasOwn(this.#types, column)) this.columns.add(column);
  }

  get references(): Reference[] {
    return this.#hasOthers ? [] : [...this.#references.values()];
  }
}

/**
 * The columns of each table that an operation reads: those of all fields selected on a type anywhere in it, also behind
 * @skip, so that one row serves all its places; and the column of the owner, which decides who may see the row.
 */
export class TableSelections {
  readonly #types: TypeRegistry;
  readonly #tables: ReadonlyMap<TableName, TableSelection>;

  constructor(schema: GraphQLSchema, { definitions, types }: TableTypes) {
    this.#types = types;
    const all = Object.values<Definitions[TableName]>(definitions);
    this.#tables = new Map(all.map((definition) => [definition.name, new TableSelection(definition)]));
    for (const [name, table] of Object.entries(types)) {
      const type = schema.getType(name);
      if (isObjectType(type)) this.#tables.get(table)?.addColumn(ownerColumnOf(schema, type));
    }
  }

  add(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): void {
    const table = this.#types[type.name];
    if (table) this.#tables.get(table)?.add(field);
  }

  get columns(): Columns {
    return this.#mapTables(({ columns }) => [...columns]) as Columns;
  }

  /** @param isUnconditional whether all that is selected will be read; otherwise there are none to preload */
  toReferences(isUnconditional: boolean): References {
    return this.#mapTables(({ references }) => (isUnconditional ? references : [])) as References;
  }

  #mapTables(toValue: (table: TableSelection) => unknown): object {
    return Object.fromEntries([...this.#tables].map(([name, table]) => [name, toValue(table)]));
  }
}
