import {
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql';
import type { Variables } from './size.ts';

/** What the conditions come to that a field is given, in points. */
export type Conditions = (variables: Variables) => number;

/** So many values of a list cost as much as one: PostgreSQL looks them up in a table of its own. */
const VALUES_FOR_ONE = 50;

/** What @cost says of the arguments of a field: for each value in them. Undefined where it says nothing. */
export function conditionsOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  field: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
): Conditions | undefined {
  const counts = given.flatMap(({ name, value }) => {
    const argument = field.args.find((it) => it.name === name.value)?.astNode;
    const cost = schema.getDirective('cost');
    const weight = cost && argument ? getDirectiveValues(cost, argument)?.['weight'] : undefined;
    return typeof weight === 'number' ? [{ weight, count: counterOf(operation, value) }] : [];
  });
  if (counts.length === 0) return undefined;
  return (variables) => counts.reduce((sum, { weight, count }) => sum + weight * count(variables), 0);
}

function counterOf(operation: OperationDefinitionNode, node: ValueNode): Conditions {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const name = node.name.value;
      const definition = operation.variableDefinitions?.find((it) => it.variable.name.value === name);
      const byDefault = definition?.defaultValue ? counterOf(operation, definition.defaultValue) : () => 0;
      return (variables) => (Object.hasOwn(variables, name) ? countValue(variables[name]) : byDefault(variables));
    }
    case Kind.OBJECT: {
      const counters = node.fields.map(({ value }) => counterOf(operation, value));
      return (variables) => counters.reduce((sum, count) => sum + count(variables), 0);
    }
    case Kind.LIST: {
      const counters = node.values.map((value) => counterOf(operation, value));
      const isOfObjects = node.values.some(({ kind }) => kind === Kind.OBJECT || kind === Kind.VARIABLE);
      return (variables) =>
        ofList(
          counters.reduce((sum, count) => sum + count(variables), 0),
          isOfObjects,
        );
    }
    default:
      return () => 1;
  }
}

function countValue(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const sum = Object.values(value).reduce<number>((total, part) => total + countValue(part), 0);
  return ofList(sum, !Array.isArray(value) || value.some((item) => typeof item === 'object'));
}

function ofList(sum: number, isOfObjects: boolean): number {
  return isOfObjects ? sum : Math.ceil(sum / VALUES_FOR_ONE);
}
