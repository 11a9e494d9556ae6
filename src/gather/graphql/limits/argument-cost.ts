import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isInputObjectType,
  Kind,
  type ValueNode,
} from 'graphql';
import type { Variables } from './size.ts';

/** The cost of a field's arguments, in points. */
export type ArgumentCost = (variables: Variables) => number;

/** This many values of a list cost as much as one: PostgreSQL looks them up in a hash table. */
const VALUES_FOR_ONE = 50;

/** The input type of a value, and what the value costs there. */
interface Place {
  schema: GraphQLSchema;
  type: GraphQLInputType;
  weight: number;
  /** What an object costs besides the values in it. */
  own: number;
}

/** The cost of a field's arguments by @cost, for each value in them; undefined if none of them has @cost. */
export function argumentCostOf(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
): ArgumentCost | undefined {
  const prices = given.flatMap(({ name, value }) => {
    const argument = field.args.find((it) => it.name === name.value);
    if (!argument) return [];
    const weight = weightOf(schema, argument);
    return weight === undefined ? [] : [priceOf(value, { schema, type: argument.type, weight, own: 0 })];
  });
  if (prices.length === 0) return undefined;
  return (variables) => prices.reduce((sum, price) => sum + price(variables), 0);
}

function weightOf(schema: GraphQLSchema, { astNode }: GraphQLArgument | GraphQLInputField): number | undefined {
  const cost = schema.getDirective('cost');
  const weight = cost && astNode ? getDirectiveValues(cost, astNode)?.['weight'] : undefined;
  return typeof weight === 'number' ? weight : undefined;
}

/**
 * The place of an input field. A value costs the field's own @cost, or else what one costs around it. An object costs the
 * field's own @cost besides its values, which cost what one costs around it.
 */
function within({ schema, type, weight }: Place, name: string): Place {
  const inputType = getNamedType(type);
  const fields = isInputObjectType(inputType) ? inputType.getFields() : {};
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) return { schema, type, weight, own: 0 };
  const own = weightOf(schema, field);
  if (isInputObjectType(getNamedType(field.type))) return { schema, type: field.type, weight, own: own ?? 0 };
  return { schema, type: field.type, weight: own ?? weight, own: 0 };
}

function priceOf(node: ValueNode, place: Place): ArgumentCost {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const name = node.name.value;
      return (variables) => (Object.hasOwn(variables, name) ? priceOfValue(variables[name], place) : 0);
    }
    case Kind.OBJECT: {
      const prices = node.fields.map(({ name, value }) => priceOf(value, within(place, name.value)));
      return (variables) => prices.reduce((sum, price) => sum + price(variables), place.own);
    }
    case Kind.LIST: {
      const isOfObjects = node.values.some(({ kind }) => kind === Kind.OBJECT || kind === Kind.VARIABLE);
      if (!isOfObjects) return () => priceOfList(node.values.length, place);
      const prices = node.values.map((value) => priceOf(value, place));
      return (variables) => prices.reduce((sum, price) => sum + price(variables), 0);
    }
    default:
      return () => place.weight;
  }
}

function priceOfValue(value: unknown, place: Place): number {
  if (typeof value !== 'object' || value === null) return place.weight;
  if (!Array.isArray(value)) {
    return Object.entries(value).reduce(
      (sum, [name, part]) => sum + priceOfValue(part, within(place, name)),
      place.own,
    );
  }
  if (!value.some((element) => typeof element === 'object')) return priceOfList(value.length, place);
  return value.reduce<number>((sum, element) => sum + priceOfValue(element, place), 0);
}

function priceOfList(length: number, { weight }: Place): number {
  return weight * Math.ceil(length / VALUES_FOR_ONE);
}
