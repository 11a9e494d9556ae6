import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  introspectionTypes,
  isLeafType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { type AnswerSize, bytesOf } from './limits/answer-size.ts';

/** The context of an operation. Without `answerSize`, as when a schema is executed directly, nothing is counted. */
type Counting = { answerSize?: AnswerSize } | undefined;

type Field = GraphQLField<unknown, Counting>;
type Resolver = GraphQLFieldResolver<unknown, Counting>;

/** Quotes, colon and comma; and the braces of an object. */
const PUNCTUATION_BYTES = 6;

/** Wraps all resolvers of a schema to count each value of the response as it is resolved. */
export function countAnswer(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    // The introspection types are shared by all schemas, and wrapped below.
    if (isObjectType(type) && !type.name.startsWith('__')) Object.values(type.getFields()).forEach(count);
  }
}

// The fields that graphql-js adds to every schema. Wrapped once, as all schemas of the process share them.
[SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].forEach(count);
for (const type of introspectionTypes) if (isObjectType(type)) Object.values(type.getFields()).forEach(count);

function count(field: Field): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = isLeafType(getNamedType(field.type)) ? countLeaf(resolve) : countKey(resolve);
}

/** Counts the key of an object or list; the fields below count themselves. */
function countKey(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    context?.answerSize?.add(`${info.path.key}`.length + PUNCTUATION_BYTES);
    return resolve(parent, args, context, info);
  };
}

function countLeaf(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    const value = resolve(parent, args, context, info);
    const size = context?.answerSize;
    if (!size) return value;
    const keyBytes = `${info.path.key}`.length + PUNCTUATION_BYTES;
    return value instanceof Promise ? countLater(size, keyBytes, value) : countValue(size, keyBytes, value);
  };
}

async function countLater(size: AnswerSize, keyBytes: number, value: Promise<unknown>): Promise<unknown> {
  return countValue(size, keyBytes, await value);
}

function countValue(size: AnswerSize, keyBytes: number, value: unknown): unknown {
  size.add(keyBytes + bytesOf(value));
  return value;
}
