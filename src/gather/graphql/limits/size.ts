import {
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  getNullableType,
  isListType,
  Kind,
  type ValueNode,
} from 'graphql';

/** The coerced variables of an operation. */
export type Variables = Readonly<Record<string, unknown>>;

/** The most objects that a list can have, by the operation and its variables. */
export type Size = (variables: Variables) => number;

/** @listSize: https://ibm.github.io/graphql-specs/cost-spec.html#sec-The-List-Size-Directive */
interface ListSize {
  assumedSize?: number;
  slicingArguments?: readonly string[];
  /** The list fields of the field's object that have the size; if undefined, the field itself has it. */
  sizedFields?: readonly string[];
}

/** The size of a field's list, or of lists in its object. */
export interface Sizing {
  size: Size;
  sizedFields: readonly string[] | undefined;
}

const ASSUMED_SIZE = 10;
/** Assumed sizes of introspection's lists, somewhat above average. */
const INTROSPECTION_SIZES = new Map([
  ['fields', 5],
  ['args', 2],
  ['inputFields', 5],
  ['enumValues', 5],
  ['interfaces', 1],
]);

/** The sizing of a field by its @listSize and arguments, or the assumed size of any list. */
export function sizingOf(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>, node: FieldNode): Sizing {
  const { slicingArguments = [], assumedSize = assumedSizeOf(schema, field), sizedFields } = listSizeOf(schema, field);
  const slices = slicingArguments.map((name) => sliceOf(field, node, name));
  return { size: largestOf(slices, assumedSize), sizedFields };
}

function listSizeOf(schema: GraphQLSchema, { astNode }: GraphQLField<unknown, unknown>): ListSize {
  const directive = schema.getDirective('listSize');
  return (directive && astNode && getDirectiveValues(directive, astNode)) ?? {};
}

/** Only the fields of introspection have no AST node. */
function assumedSizeOf(schema: GraphQLSchema, { astNode, name }: GraphQLField<unknown, unknown>): number {
  if (astNode) return ASSUMED_SIZE;
  return name === 'types' ? Object.keys(schema.getTypeMap()).length : (INTROSPECTION_SIZES.get(name) ?? ASSUMED_SIZE);
}

/** The size that a slicing argument sets; undefined if it is null or missing. */
function sliceOf(
  field: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
  name: string,
): (variables: Variables) => number | undefined {
  const argument = field.args.find((it) => it.name === name);
  const isList = isListType(getNullableType(argument?.type));
  const byDefault = literalSize(argument?.astNode?.defaultValue, isList);
  const value = given.find((it) => it.name.value === name)?.value;
  if (value?.kind !== Kind.VARIABLE) {
    const size = value ? literalSize(value, isList) : byDefault;
    return () => size;
  }
  const variable = value.name.value;
  return (variables) => (Object.hasOwn(variables, variable) ? valueSize(variables[variable], isList) : byDefault);
}

function largestOf(slices: readonly ((variables: Variables) => number | undefined)[], assumedSize: number): Size {
  if (slices.length === 0) return () => assumedSize;
  return (variables) => {
    const sizes = slices.map((slice) => slice(variables)).filter((size) => size !== undefined);
    return sizes.length > 0 ? Math.max(0, ...sizes) : assumedSize;
  };
}

/** The size that a literal stands for: a list's length, 1 for a single value given to a list, or the number itself. */
function literalSize(value: ValueNode | undefined, isList: boolean): number | undefined {
  if (!value || value.kind === Kind.NULL) return undefined;
  if (value.kind === Kind.LIST) return value.values.length;
  return value.kind === Kind.INT && !isList ? Number(value.value) : 1;
}

function valueSize(value: unknown, isList: boolean): number | undefined {
  if (value == null) return undefined;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && !isList ? value : 1;
}
