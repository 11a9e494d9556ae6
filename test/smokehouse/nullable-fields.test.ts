import { getNullableType, isListType, isNonNullType, isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { engineResolvers } from '../../src/gather/engine-resolvers.ts';
import { toResolvers } from '../../src/gather/graphql/schema.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { TEST_TABLES } from '../helpers/database.ts';
import { schema } from '../helpers/schema.ts';

describe('the schema', () => {
  /** Those that a resolver computes of what its parent has: they read nothing, and cannot fail. */
  const COMPUTED = [
    'Query.home',
    // Of the statement that reads the page, which is the connection's own.
    ...['edges', 'nodes', 'pageInfo'].map((field) => `Connection.${field}`),
    'Edge.cursor',
    ...['Certificate', 'Customer', 'Item', 'Job', 'Order', 'Review', 'StoredFile', 'Supplier', 'Task', 'User'].map(
      (type) => `${type}.id`,
    ),
    'Job.attempts',
    'OrderLine.total',
    ...['StoredFile.size', 'StoredFile.url', 'Upload.url'],
    'User.name',
  ];
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));

  test('has no field that can fail and must not be null', () => {
    const source = { ...smokehouse, definitions: TEST_TABLES.definitions, engineResolvers };
    const given = toResolvers(schema, source) as Record<string, Record<string, unknown> | undefined>;
    const found = types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter((field) => isNonNullType(field.type) && given[type.name]?.[field.name] !== undefined)
        .map((field) => `${type.name.replace(/^\w+(?=Connection$|Edge$)/, '')}.${field.name}`),
    );
    expect([...new Set(found)].toSorted()).toEqual(COMPUTED.toSorted());
  });

  test('has lists whose elements are never null, but for those of IDs that clients give', () => {
    const found = types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter(({ type: of }) => {
          const list = getNullableType(of);
          return isListType(list) && !isNonNullType(list.ofType);
        })
        .map((field) => `${type.name}.${field.name}`),
    );
    expect(found).toEqual(['Query.nodes']);
  });
});
