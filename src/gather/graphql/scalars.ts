import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import type { Day, Json, Timestamp } from '../database/column-types.ts';
import { isDay } from '../database/held.ts';
import { FileUpload } from '../http/incoming-file.ts';

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;
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
  description: 'A calendar date: `2026-11-21`.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toDay(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toDay(textOf(node), print(node)),
});

/** Input may have any offset; PostgreSQL reads it as it is. */
export const DateTime = new GraphQLScalarType<Timestamp, string>({
  name: 'DateTime',
  description:
    'An instant in RFC 3339 format, to the microsecond: `2026-11-21T09:05:00.123456Z`. Input may have any offset; output is in UTC.',
  coerceOutputValue: (value) => toRfc3339(String(value)),
  coerceInputValue: (value) => toTimestamp(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toTimestamp(textOf(node), print(node)),
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

/** Output only: no argument takes JSON yet. */
export const JSONScalar = new GraphQLScalarType<Json, Json>({
  name: 'JSON',
  description: 'Any JSON value. Numbers keep all their digits.',
  coerceOutputValue: (value) => value as Json,
  coerceInputValue: refuseJson,
  coerceInputLiteral: refuseJson,
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
  if (!timestamp.endsWith('+00')) throw new Error(`Expected a time in UTC from PostgreSQL, got "${timestamp}".`);
  return `${timestamp.slice(0, 10)}T${timestamp.slice(11, -3)}Z`;
}

function toDecimal(value: unknown, given: string): string {
  if (typeof value === 'string' && DECIMAL.test(value)) return value;
  throw new GraphQLError(`Expected a decimal in a string, such as "12.50", got ${given}.`);
}

function toDay(value: unknown, given: string): Day {
  if (typeof value === 'string' && isDay(value)) return value;
  throw new GraphQLError(`Expected a calendar date, such as "2026-11-21", got ${given}.`);
}

function toTimestamp(value: unknown, given: string): Timestamp {
  const [, day = ''] = typeof value === 'string' ? (INSTANT.exec(value) ?? []) : [];
  if (typeof value === 'string' && isDay(day)) return value;
  throw new GraphQLError(`Expected an instant, such as "2026-11-21T09:05:00Z", got ${given}.`);
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

function refuseJson(): never {
  throw new GraphQLError('JSON is not accepted as input.');
}
