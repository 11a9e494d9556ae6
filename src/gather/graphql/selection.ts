import {
  BREAK,
  type DocumentNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Columns, Reference, References } from '../database/columns.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { ownerColumnOf } from './guards.ts';
import { readingOf } from './reads.ts';
import type { TypeRegistry } from './types.ts';

/** The columns and references that a document reads. */
interface Selection {
  columns: Columns;
  references: References;
}

/** Determines the selection of a document; cached per document. */
export type SelectionOf = (schema: GraphQLSchema, document: DocumentNode) => Selection;

interface SelectionSource {
  definitions: Definitions;
  types: TypeRegistry;
}

/** The columns and references that a document reads of one table. */
class TableSelection {
  readonly columns: Set<string>;
  readonly #types: object;
  readonly #references = new Map<string, Reference>();
  /** Whether a field reads more than the row and the rows it refers to. */
  #hasOthers = false;

  constructor({ key, types }: Definitions[TableName]) {
    this.columns = new Set([key]);
    this.#types = types;
  }

  add(field: GraphQLField<unknown, unknown>): void {
    const { reads, refersTo } = readingOf(field);
    if (refersTo) for (const column of reads ?? []) this.#references.set(column, { column, table: refersTo });
    for (const column of reads ?? [field.name]) this.addColumn(column);
    if (reads && !refersTo && field.name !== 'id') this.#hasOthers = true;
  }

  /** Ignores a name that is not a column: its field reads none. */
  addColumn(column: string | undefined): void {
    if (column !== undefined && Object.hasOwn(this.#types, column)) this.columns.add(column);
  }

  get references(): Reference[] {
    return this.#hasOthers ? [] : [...this.#references.values()];
  }
}

/**
 * Collects the columns of each table that a document reads: those of all fields selected on its type anywhere in the
 * document, in fragments and behind @skip too, so that one row serves all places; and the owner column, which decides who
 * may see the row.
 */
export function createSelectionOf(source: SelectionSource): SelectionOf {
  const cache = new WeakMap<DocumentNode, Selection>();
  return (schema, document) => {
    const known = cache.get(document);
    if (known) return known;
    const selection = toSelection(selectTables(source, schema, document), isUnconditional(document));
    cache.set(document, selection);
    return selection;
  };
}

function selectTables({ definitions, types }: SelectionSource, schema: GraphQLSchema, document: DocumentNode) {
  const all = Object.values<Definitions[TableName]>(definitions);
  const selections = new Map(all.map((definition) => [definition.name, new TableSelection(definition)]));
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field({ name }) {
        for (const type of objectTypes(schema, typeInfo.getParentType())) {
          const table = types[type.name];
          const field = type.getFields()[name.value];
          if (table && field) selections.get(table)?.add(field);
        }
      },
    }),
  );
  for (const [name, table] of Object.entries(types)) {
    const type = schema.getType(name);
    if (isObjectType(type)) selections.get(table)?.addColumn(ownerColumnOf(schema, type));
  }
  return selections;
}

function objectTypes(schema: GraphQLSchema, type: GraphQLNamedType | null | undefined): GraphQLObjectType[] {
  const types: readonly unknown[] = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  return types.filter(isObjectType);
}

/**
 * Whether everything that the document selects is needed, and at once: it has one operation and no directives such as
 * @skip, @include, @defer and @stream.
 */
function isUnconditional(document: DocumentNode): boolean {
  let isPlain = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length === 1;
  visit(document, {
    Directive() {
      isPlain = false;
      return BREAK;
    },
  });
  return isPlain;
}

function toSelection(selections: Map<TableName, TableSelection>, withReferences: boolean): Selection {
  const entries = [...selections];
  const columns: object = Object.fromEntries(entries.map(([table, { columns }]) => [table, [...columns]]));
  const references: object = Object.fromEntries(
    entries.map(([table, it]) => [table, withReferences ? it.references : []]),
  );
  return { columns: columns as Columns, references: references as References };
}
