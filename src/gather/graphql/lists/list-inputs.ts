import {
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInputObjectType,
  isObjectType,
} from 'graphql';
import type { OrderTerm } from '../../database/order.ts';
import type { TableName } from '../../database/schema.ts';
import type { Definitions } from '../../database/tables.ts';
import type { Where } from '../../database/where.ts';
import type { Registered } from '../../register.ts';
import type { Roles, Viewer } from '../../viewer.ts';
import type { TableOfType, TypeRegistry } from '../types.ts';
import { OrderInputs } from './order-inputs.ts';
import { WhereInputs } from './where-inputs.ts';

/** What the inputs of lists are derived from. */
export interface ListSource {
  schema: GraphQLSchema;
  types: TypeRegistry;
  definitions: Definitions;
  roles: Roles;
  /** The application's resolvers, with declared fields as they were declared. */
  resolvers: Readonly<Record<string, object>>;
}

type Inputs = Registered<'schemaTypes', Readonly<Record<never, never>>>;
type InputNamed<Name> = Name extends keyof Inputs ? Inputs[Name] : never;

/**
 * Converts a client's condition on objects of a type, `input BookWhere`, to a condition on rows: `toWhere('Book', where)`.
 * What is null or absent is a part that is not given.
 * @throws INVALID_INPUT for the ID of another type, FORBIDDEN for a field that the viewer may not read
 */
export type ToWhere = <const Type extends string>(
  type: Type,
  where: InputNamed<`${Type}Where`> | null | undefined,
) => Where<TableOfType<Type>>;

/**
 * Converts a client's order of objects of a type, `[BookOrder!]`, to an order of rows: `toOrderBy('Book', orderBy)`.
 * @throws FORBIDDEN for a field that the viewer may not read
 */
export type ToOrderBy = <const Type extends string>(
  type: Type,
  orderBy: readonly InputNamed<`${Type}Order`>[] | null | undefined,
) => OrderTerm<TableOfType<Type>>[];

/** Converts the inputs of lists. */
export class ListInputs {
  readonly #schema: GraphQLSchema;
  readonly wheres: WhereInputs;
  readonly orders: OrderInputs;

  constructor(source: ListSource) {
    this.#schema = source.schema;
    this.wheres = new WhereInputs(source);
    this.orders = new OrderInputs(source);
  }

  toWhere(type: string, where: unknown, viewer: Viewer): Where<TableName> {
    if (where == null) return {};
    return this.wheres.toWhere(this.#inputNamed(`${type}Where`), this.#typeNamed(type), where, viewer);
  }

  toOrderBy(type: string, orderBy: unknown, viewer: Viewer): OrderTerm<TableName>[] {
    return orderBy == null ? [] : this.orders.toOrderBy(this.#typeNamed(type), orderBy, viewer);
  }

  #inputNamed(name: string): GraphQLInputObjectType {
    const input = this.#schema.getType(name);
    if (isInputObjectType(input)) return input;
    throw new Error(`The SDL has no input ${name}.`);
  }

  #typeNamed(name: string): GraphQLObjectType {
    const type = this.#schema.getType(name);
    if (isObjectType(type)) return type;
    throw new Error(`The SDL has no type ${name}.`);
  }
}
