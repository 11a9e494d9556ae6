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
import type { Schema } from '../database/schema.ts';
import { definitions } from '../database/tables.ts';
import { readingOf } from './reads.ts';

/** The tables behind types of the schema. */
const TABLES: Readonly<Record<string, keyof Schema>> = {
  Item: 'item',
  Supplier: 'supplier',
  Customer: 'customer',
  Review: 'review',
  Task: 'task',
  Job: 'job',
  Order: 'order',
  OrderLine: 'orderLine',
  DailyStatistics: 'dailyStatistics',
  StoredFile: 'file',
  Certificate: 'certificate',
};

/** What an operation reads of the tables. */
export interface Selection {
  columns: Columns;
  references: References;
}

/** What the fields of a document read of one table. */
class TableSelection {
  readonly columns: Set<string>;
  readonly #references = new Map<string, Reference>();
  /** Whether a field needs more than the row and the rows that it refers to. */
  #hasOthers = false;

  /** Whose a row is decides who may see it, whatever is asked of it. */
  constructor(table: keyof Schema) {
    this.columns = new Set(Object.hasOwn(definitions[table].types, 'owner') ? ['id', 'owner'] : ['id']);
  }

  add(table: keyof Schema, field: GraphQLField<unknown, unknown>): void {
    const { reads, refersTo } = readingOf(field);
    if (refersTo) for (const column of reads ?? []) this.#references.set(column, { column, table: refersTo });
    const columns = reads ?? (Object.hasOwn(definitions[table].types, field.name) ? [field.name] : []);
    for (const column of columns) this.columns.add(column);
    if (reads && !refersTo && field.name !== 'id') this.#hasOthers = true;
  }

  get references(): Reference[] {
    return this.#hasOthers ? [] : [...this.#references.values()];
  }
}

const cache = new WeakMap<DocumentNode, Selection>();

/**
 * What the fields of a document read of each table: whatever is selected of a type anywhere in it, in fragments and
 * behind @skip too, so that one row serves all its places. Worked out once for each document.
 */
export function selectionOf(schema: GraphQLSchema, document: DocumentNode): Selection {
  const known = cache.get(document);
  if (known) return known;
  const selection = toSelection(selectTables(schema, document), isUnconditional(document));
  cache.set(document, selection);
  return selection;
}

function selectTables(schema: GraphQLSchema, document: DocumentNode): Map<keyof Schema, TableSelection> {
  const selections = new Map(Object.values(TABLES).map((table) => [table, new TableSelection(table)]));
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field({ name }) {
        for (const type of objectTypes(schema, typeInfo.getParentType())) {
          const table = TABLES[type.name];
          const field = type.getFields()[name.value];
          if (table && field) selections.get(table)?.add(table, field);
        }
      },
    }),
  );
  return selections;
}

function objectTypes(schema: GraphQLSchema, type: GraphQLNamedType | null | undefined): GraphQLObjectType[] {
  const types: readonly unknown[] = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  return types.filter(isObjectType);
}

/**
 * Whether all that the document selects is wanted, and wanted at once: it has one operation, and none of @skip,
 * @include, @defer and @stream.
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

function toSelection(selections: Map<keyof Schema, TableSelection>, withReferences: boolean): Selection {
  const entries = [...selections];
  const columns: Partial<Columns> = Object.fromEntries(entries.map(([table, { columns }]) => [table, [...columns]]));
  const references: Partial<References> = Object.fromEntries(
    entries.map(([table, it]) => [table, withReferences ? it.references : []]),
  );
  return { columns: columns as Columns, references: references as References };
}
