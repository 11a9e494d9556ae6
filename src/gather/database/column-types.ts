import type { ColumnType } from 'kysely';
import type { Json } from '../json.ts';

export type { Json };

/** An exact decimal in PostgreSQL's text format: `12.50`. Never a float. */
export type Decimal = string;

declare const kindOfId: unique symbol;
declare const isOfId: unique symbol;

/** An ID that is not assignable to IDs of other kinds. A string of no kind is assignable to all. */
type IdOf<Kind extends string> = string & { readonly [kindOfId]?: Kind };

/** A `bigint` key, as text because a JavaScript number may not hold it exactly. */
export type Id = IdOf<'row'>;

/**
 * The key of a row, as its ID has it: text, which PostgreSQL reads as the type of the key. A key of several columns is the
 * values of all: `keyOf` of its table takes them apart.
 */
export type KeyText = Id & { readonly [isOfId]: true };

/** A column that is written in other types than it is read in. `Missing` is null if it is nullable, undefined if it has a default. */
type WrittenAs<Read, Written, Missing> = ColumnType<
  Read | Extract<Missing, null>,
  Written | Missing,
  Written | Extract<Missing, null>
>;

/** An `integer` or `smallint` that is a key or refers to one: read as a number, written as one or as the key of an ID. */
export type IntegerKey<Missing = never> = WrittenAs<number, number | KeyText, Missing>;

/** An opaque ID of the API, unique among objects of all types. `toRowId` returns the key of its row. */
export type GlobalId = IdOf<'global'>;

/**
 * A `timestamptz` in PostgreSQL's text format, in UTC: `2026-11-21 09:05:00.123456+00`. Text keeps the microseconds, which
 * a `Date` would lose and a cursor needs.
 */
export type Timestamp = string;

/**
 * A `timestamp` without time zone, in PostgreSQL's text format: `2026-11-21 09:05:00.123456`. Nobody knows which instant it
 * is.
 */
export type LocalTimestamp = string;

/** An `interval`, in PostgreSQL's text format: `1 mon 2 days 03:00:00`. */
export type Interval = string;

/** A `bigint` that is not a key: read as text, written as text or a number. */
export type BigintColumn<Missing = never> = WrittenAs<string, string | number, Missing>;

/** A calendar day, in the format of PostgreSQL and RFC 3339: `2026-11-21`. */
export type Day = string;

/** A `jsonb` column: read as a parsed value, written as JSON text, because pg would convert arrays to PostgreSQL arrays. */
export type JsonColumn<Missing = never> = WrittenAs<Json, string, Missing>;
