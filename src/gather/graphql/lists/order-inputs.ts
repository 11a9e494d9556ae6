import { type GraphQLInputObjectType, type GraphQLObjectType, getNamedType, isEnumType } from 'graphql';
import type { OrderTerm } from '../../database/order.ts';
import type { TableName } from '../../database/schema.ts';
import type { Viewer } from '../../viewer.ts';
import { leastRole } from '../least-role.ts';
import { assertRole } from '../refuse-role.ts';
import type { ListSource } from './list-inputs.ts';

/** A term of an order, as clients send it. */
interface Given {
  readonly field: string;
  readonly direction?: 'ASC' | 'DESC' | null | undefined;
}

/** Converts orders as clients send them to orders of rows: the field `CREATED_AT` is the column `createdAt`. */
export class OrderInputs {
  readonly #source: ListSource;
  readonly #columns = new Map<string, ReadonlyMap<string, string>>();

  constructor(source: ListSource) {
    this.#source = source;
  }

  /** @throws FORBIDDEN for a field that the viewer may not read */
  toOrderBy(type: GraphQLObjectType, orderBy: unknown, viewer: Viewer): OrderTerm<TableName>[] {
    const columns = this.#columnsOf(type);
    return (orderBy as readonly Given[]).map(({ field, direction }) => {
      const column = columns.get(field);
      if (column === undefined) throw new Error(`${type.name} has no column for the order by ${field}.`);
      this.#assertReadable(type, column, viewer);
      return { column: column as never, direction: direction === 'DESC' ? 'desc' : 'asc' };
    });
  }

  /** What is wrong with an order's input. */
  faultsOf(input: GraphQLInputObjectType, type: GraphQLObjectType): string[] {
    const { field, direction } = input.getFields();
    const values = field && getNamedType(field.type);
    if (!isEnumType(values) || !direction) {
      return [`${input.name}: an order has a \`field\`, which is an enum, and a \`direction\`. Correct the SDL.`];
    }
    const columns = this.#columnsOf(type);
    const table = this.#source.types[type.name];
    return values
      .getValues()
      .filter(({ name }) => !columns.has(name))
      .map(({ name }) => `${values.name}.${name}: table ${table} has no column of this name. Correct the SDL.`);
  }

  #assertReadable(type: GraphQLObjectType, column: string, viewer: Viewer): void {
    const { schema, roles } = this.#source;
    const field = type.getFields()[column];
    assertRole(viewer, roles, field && leastRole(schema, field));
  }

  #columnsOf({ name }: GraphQLObjectType): ReadonlyMap<string, string> {
    let columns = this.#columns.get(name);
    if (!columns) {
      const { types } = this.#source.definitions[this.#source.types[name] as TableName];
      columns = new Map(Object.keys(types).map((column) => [toConstantCase(column), column]));
      this.#columns.set(name, columns);
    }
    return columns;
  }
}

/** `createdAt` and `created_at` become `CREATED_AT`. */
function toConstantCase(name: string): string {
  return name
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1_$2')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .toUpperCase();
}
