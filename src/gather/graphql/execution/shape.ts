import {
  type GraphQLAbstractType,
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';

/** A type, unwrapped from outside in. */
export type Shape = LeafShape | ListShape | ObjectShape | AbstractShape;

interface LeafShape {
  readonly kind: 'leaf';
  readonly isNonNull: boolean;
  readonly type: GraphQLLeafType;
  /** Which values need no coercion; see {@link isCoerced}. */
  readonly coerced: Coerced;
}

interface ListShape {
  readonly kind: 'list';
  readonly isNonNull: boolean;
  readonly element: Shape;
}

interface ObjectShape {
  readonly kind: 'object';
  readonly isNonNull: boolean;
  readonly type: GraphQLObjectType;
}

interface AbstractShape {
  readonly kind: 'abstract';
  readonly isNonNull: boolean;
  readonly type: GraphQLAbstractType;
}

const NONE = 0;
const STRING = 1;
const BOOLEAN = 2;
const INTEGER = 3;
const NUMBER = 4;
type Coerced = typeof NONE | typeof STRING | typeof BOOLEAN | typeof INTEGER | typeof NUMBER;

export function toShape(type: GraphQLOutputType): Shape {
  const isNonNull = isNonNullType(type);
  const nullable = isNonNull ? type.ofType : type;
  if (isListType(nullable)) return { kind: 'list', isNonNull, element: toShape(nullable.ofType) };
  if (isLeafType(nullable)) return { kind: 'leaf', isNonNull, type: nullable, coerced: coercedOf(nullable) };
  if (isAbstractType(nullable)) return { kind: 'abstract', isNonNull, type: nullable };
  return { kind: 'object', isNonNull, type: nullable };
}

/** Whether a value is already what the leaf type would make of it. */
export function isCoerced(coerced: Coerced, value: unknown): boolean {
  switch (coerced) {
    case STRING:
      return typeof value === 'string';
    case BOOLEAN:
      return typeof value === 'boolean';
    case INTEGER:
      return typeof value === 'number' && (value | 0) === value;
    case NUMBER:
      return typeof value === 'number' && Number.isFinite(value);
    case NONE:
      return false;
  }
}

function coercedOf(type: GraphQLLeafType): Coerced {
  if (type === GraphQLString || type === GraphQLID) return STRING;
  if (type === GraphQLBoolean) return BOOLEAN;
  if (type === GraphQLInt) return INTEGER;
  return type === GraphQLFloat ? NUMBER : NONE;
}
