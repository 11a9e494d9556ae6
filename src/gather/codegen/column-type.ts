import type { Introspection, PgType } from 'pg-introspection';
import { literal } from './literal.ts';

/** A type of PostgreSQL that columns may have. */
export interface ColumnType {
  /** Its name in casts: `bigint`, `"public"."rating"`, `text[]`. */
  sql: string;
  /** Its type in TypeScript. */
  type: string;
  /** The labels of an enum, or of an array of one. */
  labels?: readonly string[];
}

/** The SQL name and the TypeScript type of each supported type of PostgreSQL, besides enums, ranges, domains and arrays. */
const TYPES: Readonly<Record<string, readonly [sql: string, type: string]>> = {
  int8: ['bigint', 'Id'],
  int4: ['integer', 'number'],
  int2: ['smallint', 'number'],
  float8: ['double precision', 'number'],
  float4: ['real', 'number'],
  numeric: ['numeric', 'Decimal'],
  bool: ['boolean', 'boolean'],
  text: ['text', 'string'],
  varchar: ['text', 'string'],
  bpchar: ['bpchar', 'string'],
  uuid: ['uuid', 'string'],
  date: ['date', 'Day'],
  time: ['time', 'string'],
  timestamp: ['timestamp', 'LocalTimestamp'],
  timestamptz: ['timestamptz', 'Timestamp'],
  interval: ['interval', 'Interval'],
  json: ['json', 'JsonColumn'],
  jsonb: ['jsonb', 'JsonColumn'],
  bytea: ['bytea', 'Uint8Array'],
  inet: ['inet', 'string'],
  cidr: ['cidr', 'string'],
  macaddr: ['macaddr', 'string'],
};

/** How a column of this type is read and written: a domain as its base; undefined if it cannot be. */
export function toColumnType(type: PgType | undefined, introspection: Introspection): ColumnType | undefined {
  if (!type) return undefined;
  if (type.typtype === 'd') {
    return toColumnType(introspection.getType({ id: type.typbasetype ?? '' }), introspection);
  }
  if (type.typtype === 'e') {
    const labels = type.getEnumValues()?.map(({ enumlabel }) => enumlabel) ?? [];
    return { sql: qualified(type), type: unionOf(labels), labels };
  }
  if (type.typtype === 'r' || type.typtype === 'm') return { sql: qualified(type), type: 'string' };
  if (type.getNamespace()?.nspname !== 'pg_catalog' && type.typcategory !== 'A') return undefined;
  if (type.typcategory === 'A') return toArrayType(type, introspection);
  const [sql, typeName] = TYPES[type.typname] ?? [];
  return sql === undefined || typeName === undefined ? undefined : { sql, type: typeName };
}

/** `'DRAFT' | 'ACTIVE'`. */
export function unionOf(values: readonly string[]): string {
  return values.map(literal).join(' | ');
}

function toArrayType(array: PgType, introspection: Introspection): ColumnType | undefined {
  const element = toColumnType(array.getElemType(), introspection);
  if (!element || element.type === 'JsonColumn') return undefined;
  const type = element.labels ? `(${element.type})` : element.type;
  return { ...element, sql: `${element.sql}[]`, type: `readonly ${type}[]` };
}

function qualified(type: PgType): string {
  return [type.getNamespace()?.nspname ?? '', type.typname].map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}
