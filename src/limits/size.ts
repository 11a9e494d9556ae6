import {
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql';

/** The variables of a request, as they came. */
export type Variables = Readonly<Record<string, unknown>>;

/** How many objects a list is going to have at most, as far as the operation tells. */
export type Size = (variables: Variables) => number;

/** @listSize: https://ibm.github.io/graphql-specs/cost-spec.html#sec-The-List-Size-Directive */
interface ListSize {
  assumedSize?: number;
  slicingArguments?: readonly string[];
  /** The lists within the field's object that have the size; where there are none, it is the field's own. */
  sizedFields?: readonly string[];
}

/** What a field says of lists. */
export interface Sizing {
  size: Size;
  sizedFields: readonly string[] | undefined;
}

const ASSUMED_SIZE = 10;
/** Of the lists of introspection, but for that of all types. */
const ASSUMED_SIZE_OF_INTROSPECTION = 2;

/** What @listSize of a field comes to with the arguments that it is given, and without it what is assumed of any list. */
export function sizingOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): Sizing {
  const { slicingArguments = [], assumedSize = assumedSizeOf(schema, field), sizedFields } = listSizeOf(schema, field);
  const slices = slicingArguments.map((name) => sliceOf(operation, field, node, name));
  return { size: largestOf(slices, assumedSize), sizedFields };
}

function listSizeOf(schema: GraphQLSchema, { astNode }: GraphQLField<unknown, unknown>): ListSize {
  const directive = schema.getDirective('listSize');
  return (directive && astNode && getDirectiveValues(directive, astNode)) ?? {};
}

/** Fields of introspection are the only ones that no SDL has. */
function assumedSizeOf(schema: GraphQLSchema, { astNode, name }: GraphQLField<unknown, unknown>): number {
  if (astNode) return ASSUMED_SIZE;
  return name === 'types' ? Object.keys(schema.getTypeMap()).length : ASSUMED_SIZE_OF_INTROSPECTION;
}

/** The size that an argument asks for; undefined where it is null or not given. */
function sliceOf(
  operation: OperationDefinitionNode,
  field: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
  name: string,
): (variables: Variables) => number | undefined {
  const byDefault = literalSize(field.args.find((it) => it.name === name)?.astNode?.defaultValue);
  const value = given.find((it) => it.name.value === name)?.value;
  if (value?.kind !== Kind.VARIABLE) {
    const size = value ? literalSize(value) : byDefault;
    return () => size;
  }
  const variable = value.name.value;
  const definition = operation.variableDefinitions?.find((it) => it.variable.name.value === variable);
  const size = definition?.defaultValue ? literalSize(definition.defaultValue) : byDefault;
  return (variables) => (variables[variable] === undefined ? size : valueSize(variables[variable]));
}

function largestOf(slices: readonly ((variables: Variables) => number | undefined)[], assumedSize: number): Size {
  if (slices.length === 0) return () => assumedSize;
  return (variables) => {
    const sizes = slices.map((slice) => slice(variables)).filter((size) => size !== undefined);
    return sizes.length > 0 ? Math.max(0, ...sizes) : assumedSize;
  };
}

/** A list has its length, a number is one, and any other value is a list of itself. */
function literalSize(value: ValueNode | undefined): number | undefined {
  if (!value || value.kind === Kind.NULL) return undefined;
  if (value.kind === Kind.LIST) return value.values.length;
  return value.kind === Kind.INT ? Number(value.value) : 1;
}

function valueSize(value: unknown): number | undefined {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : 1;
}
