import { type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql';
import { fields } from '../monitoring/channels.ts';
import { traced } from '../monitoring/traced.ts';
import type { ResolveAll } from './execution/selection.ts';

/** Wraps the resolvers of a schema to publish each of their runs. */
export function publishFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      const { resolveAll } = field.extensions as { resolveAll?: ResolveAll };
      if (resolve) field.resolve = publish(resolve);
      if (resolveAll) field.extensions = { ...field.extensions, resolveAll: publish(resolveAll) };
    }
  }
}

/** @param resolve for one parent, or for all of a level at once */
function publish<Parent, Args, Context, Result>(
  resolve: (parent: Parent, args: Args, context: Context, info: GraphQLResolveInfo) => Result,
): typeof resolve {
  return (parent, args, context, info) => {
    const event = { info };
    const run = () => resolve(parent, args, context, info);
    return traced(fields.start, event, run, () => fields.asyncEnd.publish(event));
  };
}
