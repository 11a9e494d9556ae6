import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { fields } from '../monitoring/channels.ts';

/** Wraps the resolvers of a schema to publish each of their runs. */
export function publishFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) if (field.resolve) field.resolve = publish(field.resolve);
  }
}

function publish(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (parent, args, context, info) => {
    const event = { info };
    const end = () => fields.asyncEnd.publish(event);
    const result = fields.start.runStores(event, () => resolve(parent, args, context, info));
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  };
}
