import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Columns } from '../database/columns.ts';
import type { Schema } from '../database/schema.ts';
import { definitions } from '../database/tables.ts';
import { columnsReadBy } from './reads.ts';

/** The tables behind types of the schema. */
const TABLES: Readonly<Record<string, keyof Schema>> = {
  Item: 'item',
  Supplier: 'supplier',
  Customer: 'customer',
  Review: 'review',
  Task: 'task',
};

const cache = new WeakMap<DocumentNode, Columns>();

/**
 * The columns that the fields of a document read, for each table: whatever is selected of a type anywhere in it, in
 * fragments and behind @skip too, so that one row serves all its places. Worked out once for each document.
 */
export function selectColumns(schema: GraphQLSchema, document: DocumentNode): Columns {
  const known = cache.get(document);
  if (known) return known;
  const columns = toColumns(collectColumns(schema, document));
  cache.set(document, columns);
  return columns;
}

function collectColumns(schema: GraphQLSchema, document: DocumentNode): Map<keyof Schema, Set<string>> {
  const collected = new Map(Object.values(TABLES).map((table) => [table, new Set(['id'])]));
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field({ name }) {
        for (const { table, reads } of readersOf(schema, typeInfo.getParentType(), name.value)) {
          for (const column of reads) collected.get(table)?.add(column);
        }
      },
    }),
  );
  return collected;
}

function readersOf(schema: GraphQLSchema, type: GraphQLNamedType | null | undefined, fieldName: string) {
  const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  return types.filter(isObjectType).flatMap((objectType) => {
    const table = TABLES[objectType.name];
    const field = objectType.getFields()[fieldName];
    return table && field ? [{ table, reads: columnsReadBy(field.extensions) ?? columnNamed(table, fieldName) }] : [];
  });
}

function columnNamed(table: keyof Schema, fieldName: string): readonly string[] {
  return Object.hasOwn(definitions[table].types, fieldName) ? [fieldName] : [];
}

function toColumns(collected: Map<keyof Schema, Set<string>>): Columns {
  const entries = [...collected].map(([table, columns]) => [table, [...columns]]);
  return Object.fromEntries(entries);
}
