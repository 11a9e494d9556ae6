import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  type ValueNode,
} from 'graphql';
import type { Context } from '../context.ts';

/**
 * Wraps the mutations of a schema to keep the parts of a condition whose variable has no value, as null, which changes
 * refuse. GraphQL drops them, and `{ price: { gte: "1", lt: $below } }` would change more rows than it says.
 */
export function keepAbsent(schema: GraphQLSchema): void {
  for (const field of Object.values<GraphQLField<unknown, Context>>(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (parent, args: Readonly<Record<string, unknown>>, context, info) => {
      for (const { name, value } of info.fieldNodes[0]?.arguments ?? []) {
        const argument = field.args.find((it) => it.name === name.value);
        if (argument) keep(value, argument.type, args[argument.name], false);
      }
      return resolve(parent, args, context, info);
    };
  }
}

/** @param value the input that the node was coerced to */
function keep(node: ValueNode, type: GraphQLInputType, value: unknown, isInCondition: boolean): void {
  if (node.kind === Kind.LIST && Array.isArray(value)) {
    for (const [index, element] of node.values.entries()) keep(element, type, value[index], isInCondition);
  }
  const named = getNamedType(type);
  // GraphQL takes a single object for a list of one.
  const object: unknown = Array.isArray(value) ? value[0] : value;
  if (node.kind !== Kind.OBJECT || !isInputObjectType(named) || typeof object !== 'object' || object === null) return;
  const fields = named.getFields();
  const isPart = isInCondition || isCondition(named);
  for (const part of node.fields) {
    const name = part.name.value;
    if (part.value.kind === Kind.VARIABLE) {
      if (isPart && !Object.hasOwn(object, name)) Reflect.set(object, name, null);
    } else if (fields[name]) keep(part.value, fields[name].type, Reflect.get(object, name), isPart);
  }
}

/** Conditions are named so, or have parts of their own type: `and`, `or`, `not`. */
function isCondition(input: GraphQLInputObjectType): boolean {
  return input.name.endsWith('Where') || Object.values(input.getFields()).some((it) => getNamedType(it.type) === input);
}
