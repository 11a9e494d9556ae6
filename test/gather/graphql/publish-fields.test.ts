import { buildSchema, type GraphQLObjectType, type GraphQLResolveInfo, parse } from 'graphql';
import { expect, test } from 'vitest';
import { execute } from '../../../src/gather/graphql/execution/execute.ts';
import { publishFields } from '../../../src/gather/graphql/publish-fields.ts';
import { fields } from '../../../src/gather/monitoring/channels.ts';

test('the end of a field is published however it ends', async () => {
  const schema = buildSchema('type Query { given: Int later: Int thrown: Int rejected: Int together: Int }');
  const { given, later, thrown, rejected, together } = (schema.getType('Query') as GraphQLObjectType).getFields();
  const fail = () => {
    throw new Error('It fails.');
  };
  Object.assign(given ?? {}, { resolve: () => 1 });
  Object.assign(later ?? {}, { resolve: async () => 1 });
  Object.assign(thrown ?? {}, { resolve: fail });
  Object.assign(rejected ?? {}, { resolve: async () => fail() });
  Object.assign(together ?? {}, { extensions: { resolveAll: fail } });
  publishFields(schema);

  const open = new Set<unknown>();
  const ended: string[] = [];
  const onStart = (event: unknown) => void open.add(event);
  const onEnd = (event: unknown) => {
    if (open.delete(event)) ended.push((event as { info: GraphQLResolveInfo }).info.fieldName);
  };
  fields.start.subscribe(onStart);
  fields.asyncEnd.subscribe(onEnd);
  try {
    await execute({ schema, document: parse('{ given later thrown rejected together }') });
  } finally {
    fields.start.unsubscribe(onStart);
    fields.asyncEnd.unsubscribe(onEnd);
  }
  expect(ended.toSorted()).toEqual(['given', 'later', 'rejected', 'thrown', 'together']);
  expect(open.size).toBe(0);
});
