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

/** Of an operation. Nobody counts for schemas that others execute in this process. */
type Counting = { answerSize?: AnswerSize } | undefined;

type Field = GraphQLField<unknown, Counting>;
type Resolver = GraphQLFieldResolver<unknown, Counting>;

/** Quotes, colon and comma; and the braces of an object. */
const PUNCTUATION_BYTES = 6;

/** Counts each value of an answer as it is made: the resolvers of all fields are called through this. */
export function countAnswer(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    // Those of introspection are the same objects in every schema, and are counted below.
    if (isObjectType(type) && !type.name.startsWith('__')) Object.values(type.getFields()).forEach(count);
  }
}

// What graphql-js itself adds to every schema: once, as all schemas of this process share it.
[SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].forEach(count);
for (const type of introspectionTypes) if (isObjectType(type)) Object.values(type.getFields()).forEach(count);

function count(field: Field): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = isLeafType(getNamedType(field.type)) ? countLeaf(resolve) : countKey(resolve);
}

/** What is below it is counted field by field. */
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
    const counted = (settled: unknown): unknown => {
      size.add(`${info.path.key}`.length + PUNCTUATION_BYTES + bytesOf(settled));
      return settled;
    };
    return value instanceof Promise ? value.then(counted) : counted(value);
  };
}
