import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import type { Columns } from '../database/columns.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { ownerColumnOf, type TableTypes } from './owner-column.ts';
import { readingOf } from './reads.ts';
import type { TypeRegistry } from './types.ts';

/** The columns of one table that an operation reads. */
class TableSelection {
  readonly columns: Set<string>;
  readonly #types: object;

  constructor({ key, types }: Definitions[TableName]) {
    this.columns = new Set(key);
    this.#types = types;
  }

  add(field: GraphQLField<unknown, unknown>): void {
    for (const column of readingOf(field).reads ?? [field.name]) this.addColumn(column);
  }

  /** Ignores a name that is no column: the field needs none. */
  addColumn(column: string | undefined): void {
    if (column !== undefined && Object.hasOwn(this.#types, column)) this.columns.add(column);
  }
}

/**
 * The columns of each table that an operation reads: those of all fields selected on a type anywhere in it, so that one row
 * serves all its places; and the column of the owner, which decides who may see the row.
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

  /** The table of a type, if it has one. */
  tableOf({ name }: GraphQLObjectType): TableName | undefined {
    return this.#types[name];
  }

  add(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): void {
    const table = this.tableOf(type);
    if (table) this.#tables.get(table)?.add(field);
  }

  get columns(): Columns {
    const entries = [...this.#tables].map(([name, { columns }]) => [name, [...columns]] as const);
    return Object.fromEntries(entries) as unknown as Columns;
  }
}
