import type { ColumnType } from 'kysely';
import type { Json } from '../json.ts';

export type { Json };

/** An exact decimal in PostgreSQL's text format: `12.50`. Never a float. */
export type Decimal = string;

declare const kindOfId: unique symbol;

/** An ID that is not assignable to IDs of other kinds. A string of no kind is assignable to all. */
type IdOf<Kind extends string> = string & { readonly [kindOfId]?: Kind };

/** A `bigint` key, as text because a JavaScript number may not hold it exactly. */
export type Id = IdOf<'row'>;

/** An opaque ID of the API, unique among objects of all types. `toRowId` returns the key of its row. */
export type GlobalId = IdOf<'global'>;

/**
 * A `timestamptz` in PostgreSQL's text format, in UTC: `2026-11-21 09:05:00.123456+00`. Text keeps the microseconds, which
 * a `Date` would lose and a cursor needs.
 */
export type Timestamp = string;

/** A `bigint` that is not a key: read as text, written as text or a number. */
export type BigintColumn = ColumnType<string, string | number, string | number>;

/** A calendar day, in the format of PostgreSQL and RFC 3339: `2026-11-21`. */
export type Day = string;

/** A `jsonb` column: read as a parsed value, written as JSON text, because pg would convert arrays to PostgreSQL arrays. */
export type JsonColumn = ColumnType<Json, string, string>;
