import type { ColumnType } from 'kysely';
import type { Json } from '../json.ts';

export type { Json };

/** An exact decimal as PostgreSQL writes it: `12.50`. Never a float. */
export type Decimal = string;

declare const kindOfId: unique symbol;

/** An ID that does not mix with IDs of other kinds. A string literal is one of any kind. */
type IdOf<Kind extends string> = string & { readonly [kindOfId]?: Kind };

/** A key of a row: a `bigint`, kept as text because it may exceed what a JavaScript number holds exactly. */
export type Id = IdOf<'row'>;

/** The ID of an object in the API: opaque, and unique among objects of all types. `toRowId` gives the key of its row. */
export type GlobalId = IdOf<'global'>;

/**
 * A `timestamptz` in the text that PostgreSQL sends for a session in UTC: `2026-11-21 09:05:00.123456+00`.
 * Text keeps the microseconds, which a `Date` would lose and a cursor needs.
 */
export type Timestamp = string;

/** A `bigint` that is no key: read as text, written as text or a number. */
export type BigintColumn = ColumnType<string, string | number, string | number>;

/** A day of the calendar, as PostgreSQL and RFC 3339 both write it: `2026-11-21`. */
export type Day = string;

/** A value of a `jsonb` column: parsed when it is read, and written as JSON text, because pg would make arrays of arrays. */
export type JsonColumn = ColumnType<Json, string, string>;
