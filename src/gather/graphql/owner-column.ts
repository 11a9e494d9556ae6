import { type GraphQLObjectType, type GraphQLSchema, getDirectiveValues } from 'graphql';
import { isWholeNumber } from '../database/id.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { PUBLIC, type Viewer } from '../viewer.ts';
import type { TypeRegistry } from './types.ts';

/** Which type is which table, and what is known of the tables. */
export interface TableTypes {
  types: TypeRegistry;
  definitions: Definitions;
}

type AnyRow = Readonly<Record<string, unknown>>;

/** The types that the column of an owner may have: their values are equal if their texts are. */
export const OWNER_TYPES: ReadonlySet<string> = new Set([
  ...['smallint', 'integer', 'bigint', 'numeric'],
  ...['uuid', 'text', 'bpchar'],
]);

/** The column that holds the owner of each object of a type: a key of any type, which is compared as one of that type. */
export class OwnerColumn {
  readonly name: string;
  readonly #type: string;

  constructor(name: string, type: string) {
    this.name = name;
    this.#type = type;
  }

  /** The viewer's key, for a condition on the column; undefined if nobody is signed in, or no row can have it. */
  keyOf({ user }: Viewer): string | undefined {
    // 7.0 would equal 7, whose text is another.
    if (!user || (this.#type === 'numeric' && !isWholeNumber(user.owner))) return undefined;
    return user.owner;
  }

  /** Whether an object is the viewer's. */
  isOwn(viewer: Viewer, row: AnyRow): boolean {
    const key = this.keyOf(viewer);
    if (key === undefined) return false;
    // PostgreSQL gives a UUID in lower case, however it was written.
    return this.#ownerOf(row) === (this.#type === 'uuid' ? key.toLowerCase() : key);
  }

  /** Whether everybody may see an object. */
  isPublic(row: AnyRow): boolean {
    return this.#ownerOf(row) === PUBLIC;
  }

  #ownerOf(row: AnyRow): string | null {
    const owner = row[this.name];
    if (owner === null || owner === undefined) return null;
    const text = String(owner);
    if (this.#type === 'bpchar') return text.replace(/ +$/, '');
    // 7 in a numeric(10,2) is 7.00.
    return this.#type === 'numeric' ? text.replace(/\.0+$/, '') : text;
  }
}

/**
 * Finds the column with the owner of a type's objects; undefined if they have none.
 * @throws Error if the SDL declares @owned without `by`
 */
export function findOwnerColumn(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  { types, definitions }: TableTypes,
): OwnerColumn | undefined {
  const name = ownerColumnOf(schema, type);
  if (name === undefined) return undefined;
  const table = Object.hasOwn(types, type.name) ? types[type.name] : undefined;
  const columns: Readonly<Record<string, string>> = table ? definitions[table as TableName].types : {};
  return new OwnerColumn(name, columns[name] ?? 'text');
}

/**
 * The name of the column with the owner of a type's objects; undefined if they have none.
 * @throws Error if the SDL declares @owned without `by`: no object would have an owner
 */
export function ownerColumnOf(schema: GraphQLSchema, { name, astNode }: GraphQLObjectType): string | undefined {
  const owned = schema.getDirective('owned');
  const values = owned && astNode ? getDirectiveValues(owned, astNode) : undefined;
  if (!values) return undefined;
  const by: unknown = values['by'];
  if (typeof by === 'string') return by;
  throw new Error(
    `${name} is @owned, but by no column: declare \`directive @owned(by: String! = "owner")\` in the schema.`,
  );
}
