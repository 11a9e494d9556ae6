import { type GraphQLField, type GraphQLNamedType, type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';

type AnyField = Pick<GraphQLField<unknown, unknown>, 'type'>;

/** The type of the rows that a field returns: itself, in a list, or as the nodes of a connection. */
export function rowTypeOf(field: AnyField): GraphQLNamedType {
  const named = getNamedType(field.type);
  const node = fieldsOf(named)['nodes'] ?? edgeTypeOf(field)?.getFields()['node'];
  return node ? getNamedType(node.type) : named;
}

/** The type of the edges of the connection that a field returns. */
export function edgeTypeOf({ type }: AnyField): GraphQLObjectType | undefined {
  const edges = fieldsOf(getNamedType(type))['edges'];
  const edge = edges && getNamedType(edges.type);
  return isObjectType(edge) ? edge : undefined;
}

/** Whether objects of a type have global IDs. */
export function isNode(type: GraphQLObjectType): boolean {
  return type.getInterfaces().some(({ name }) => name === 'Node');
}

function fieldsOf(type: GraphQLNamedType): Readonly<Record<string, GraphQLField<unknown, unknown>>> {
  return isObjectType(type) ? type.getFields() : {};
}
