import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode, valueFromASTUntyped } from 'graphql';
import type { Day, Interval, Json, LocalTimestamp, Timestamp } from '../database/column-types.ts';
import { isDay, isHeld } from '../database/held.ts';
import { isId } from '../database/id.ts';
import { toIsoDuration } from '../database/interval.ts';
import { FileUpload } from '../http/incoming-file.ts';

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;
const INFINITE = /^-?infinity$/;
const LOCAL = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/;
const TIME = /^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?|24:00(:00(\.0{1,6})?)?)$/;
const DURATION =
  /^P(?=.)(-?\d{1,9}Y)?(-?\d{1,9}M)?(-?\d{1,9}W)?(-?\d{1,9}D)?(T(?=.)(-?\d{1,9}H)?(-?\d{1,9}M)?(-?\d{1,9}(\.\d{1,6})?S)?)?$/;
/** Of a text whose length is a multiple of four. A group of four, repeated, would overflow the stack. */
const BASE64 = /^[A-Za-z\d+/]*={0,2}$/;
/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6, without leap seconds, and with no offset of 16 hours or more. */
const INSTANT = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/i;

/** A string in input and output, so that it stays exact. */
export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal as a string: `"12.50"`. Numbers are refused, because a float is not exact.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toDecimal(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toDecimal(textOf(node), print(node)),
});

/** A calendar date, which PostgreSQL and RFC 3339 write alike. */
export const DateScalar = new GraphQLScalarType<Day, string>({
  name: 'Date',
  description: 'A calendar date: `2026-11-21`; or `infinity` or `-infinity`, later or earlier than all.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toDay(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toDay(textOf(node), print(node)),
});

/** Input may have any offset; PostgreSQL reads it as it is. */
export const DateTime = new GraphQLScalarType<Timestamp, string>({
  name: 'DateTime',
  description:
    'An instant in RFC 3339 format, to the microsecond: `2026-11-21T09:05:00.123456Z`; or `infinity` or `-infinity`, later or earlier than all. Input may have any offset; output is in UTC.',
  coerceOutputValue: (value) => toRfc3339(String(value)),
  coerceInputValue: (value) => toTimestamp(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toTimestamp(textOf(node), print(node)),
});

/** A `timestamp` without time zone. */
export const LocalDateTime = new GraphQLScalarType<LocalTimestamp, string>({
  name: 'LocalDateTime',
  description:
    'A date and a time of day without a time zone, to the microsecond: `2026-11-21T09:05:00.123456`; or `infinity` or `-infinity`, later or earlier than all.',
  coerceOutputValue: (value) => String(value).replace(' ', 'T'),
  coerceInputValue: (value) => toLocalTimestamp(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toLocalTimestamp(textOf(node), print(node)),
});

/** A `time`. PostgreSQL's day ends at 24:00:00. */
export const LocalTime = new GraphQLScalarType<string, string>({
  name: 'LocalTime',
  description: 'A time of day, to the microsecond: `09:05:00.123456`, up to `24:00:00`.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toTime(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toTime(textOf(node), print(node)),
});

/** An `interval`, of which PostgreSQL reads the format of ISO 8601 too. */
export const Duration = new GraphQLScalarType<Interval, string>({
  name: 'Duration',
  description: 'A duration in ISO 8601 format: `P1Y2M3DT4H5M6.5S`. Months and days have no fixed length in seconds.',
  coerceOutputValue: (value) => toIsoDuration(String(value)),
  coerceInputValue: (value) => toDuration(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toDuration(textOf(node), print(node)),
});

/** A `bigint` that is no key. */
export const BigIntScalar = new GraphQLScalarType<string, string>({
  name: 'BigInt',
  description: 'A whole number of up to 64 bits, as a string: `"9007199254740993"`. A number may not hold it exactly.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toBigInt(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toBigInt(node.kind === Kind.INT ? node.value : textOf(node), print(node)),
});

/** A `uuid` that is no key. */
export const UUID = new GraphQLScalarType<string, string>({
  name: 'UUID',
  description: 'A universally unique identifier: `0189d1c0-7b0a-7000-8000-3f1f5e0c1b2a`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc9562',
  coerceOutputValue: String,
  coerceInputValue: (value) => toUuid(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toUuid(textOf(node), print(node)),
});

/** A `bytea`. */
export const Base64 = new GraphQLScalarType<Uint8Array, string>({
  name: 'Base64',
  description: 'Bytes in base64, with padding: `iVBORw0KGgo=`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc4648#section-4',
  coerceOutputValue: (value) => Buffer.from(value as Uint8Array).toString('base64'),
  coerceInputValue: (value) => toBytes(value, 'other text'),
  coerceInputLiteral: (node) => toBytes(textOf(node), 'another value'),
});

/** Input only, and only from a multipart request, whose map names the variable. */
export const FileScalar = new GraphQLScalarType<FileUpload, never>({
  name: 'File',
  description: 'A file of a multipart request: https://github.com/jaydenseric/graphql-multipart-request-spec.',
  coerceOutputValue: () => {
    throw new GraphQLError('A File cannot be returned.');
  },
  coerceInputValue: toFile,
  coerceInputLiteral: toFile,
});

/** Input is a parsed value: a `jsonb` column takes `JSON.stringify` of it. */
export const JSONScalar = new GraphQLScalarType<Json, Json>({
  name: 'JSON',
  description: 'Any JSON value.',
  coerceOutputValue: (value) => value as Json,
  coerceInputValue: (value) => value as Json,
  coerceInputLiteral: (node) => valueFromASTUntyped(node) as Json,
});

/** Only the syntax is checked. */
export const URLScalar = new GraphQLScalarType<string, string>({
  name: 'URL',
  description: 'An absolute URL: `https://example.com/data.json`.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toUrl(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toUrl(textOf(node), print(node)),
});

/** Converts PostgreSQL's format of a time in UTC: `2026-11-21 09:05:00.123456+00`. */
function toRfc3339(timestamp: Timestamp): string {
  if (INFINITE.test(timestamp)) return timestamp;
  if (!timestamp.endsWith('+00')) throw new Error(`Expected a time in UTC from PostgreSQL, got "${timestamp}".`);
  return `${timestamp.slice(0, 10)}T${timestamp.slice(11, -3)}Z`;
}

function toDecimal(value: unknown, given: string): string {
  if (typeof value === 'string' && DECIMAL.test(value)) return value;
  throw new GraphQLError(`Expected a decimal in a string, such as "12.50", got ${given}.`);
}

function toDay(value: unknown, given: string): Day {
  if (typeof value === 'string' && (isDay(value) || INFINITE.test(value))) return value;
  throw new GraphQLError(`Expected a calendar date, such as "2026-11-21", got ${given}.`);
}

function toTimestamp(value: unknown, given: string): Timestamp {
  const [, day = ''] = typeof value === 'string' ? (INSTANT.exec(value) ?? []) : [];
  if (typeof value === 'string' && (isDay(day) || INFINITE.test(value))) return value;
  throw new GraphQLError(`Expected an instant, such as "2026-11-21T09:05:00Z", got ${given}.`);
}

function toLocalTimestamp(value: unknown, given: string): LocalTimestamp {
  const [, day = ''] = typeof value === 'string' ? (LOCAL.exec(value) ?? []) : [];
  if (typeof value === 'string' && (isDay(day) || INFINITE.test(value))) return value;
  throw new GraphQLError(
    `Expected a date and a time of day without a time zone, such as "2026-11-21T09:05:00", got ${given}.`,
  );
}

function toTime(value: unknown, given: string): string {
  if (typeof value === 'string' && TIME.test(value)) return value;
  throw new GraphQLError(`Expected a time of day, such as "09:05:00", got ${given}.`);
}

function toDuration(value: unknown, given: string): Interval {
  if (typeof value === 'string' && DURATION.test(value)) return value;
  throw new GraphQLError(`Expected a duration in ISO 8601 format, such as "P1DT2H", got ${given}.`);
}

function toBigInt(value: unknown, given: string): string {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && isId(text)) return text;
  throw new GraphQLError(`Expected a whole number of up to 64 bits, such as "42", got ${given}.`);
}

function toUuid(value: unknown, given: string): string {
  if (typeof value === 'string' && isHeld('uuid', value)) return value;
  throw new GraphQLError(`Expected a UUID, got ${given}.`);
}

function toBytes(value: unknown, given: string): Uint8Array {
  if (typeof value === 'string' && value.length % 4 === 0 && BASE64.test(value)) return Buffer.from(value, 'base64');
  throw new GraphQLError(`Expected bytes in base64 with padding, got ${given}.`);
}

function toUrl(value: unknown, given: string): string {
  if (typeof value === 'string' && URL.canParse(value)) return value;
  throw new GraphQLError(`Expected an absolute URL, such as "https://example.com/", got ${given}.`);
}

function toFile(value: unknown): FileUpload {
  if (value instanceof FileUpload) return value;
  throw new GraphQLError('Expected a file of a multipart request, mapped to this variable; got something else.');
}

function textOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined;
}
