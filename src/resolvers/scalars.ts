import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import type { Timestamp } from '../database/schema.ts';

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;

/** Goes in and out as a string, so that it stays exact. */
export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal as a string: `"12.50"`. Numbers are refused, because a float is not exact.',
  coerceOutputValue: String,
  coerceInputValue: (value) => toDecimal(value, JSON.stringify(value)),
  coerceInputLiteral: (node) => toDecimal(textOf(node), print(node)),
});

/** Goes out only: nothing takes a time yet. */
export const DateTime = new GraphQLScalarType<Timestamp, string>({
  name: 'DateTime',
  description: 'An instant in UTC as RFC 3339 writes it, to the microsecond: `2026-11-21T09:05:00.123456Z`.',
  coerceOutputValue: (value) => toRfc3339(String(value)),
  coerceInputValue: refuseTime,
  coerceInputLiteral: refuseTime,
});

/** From the way PostgreSQL writes a time in UTC: `2026-11-21 09:05:00.123456+00`. */
function toRfc3339(timestamp: Timestamp): string {
  return `${timestamp.slice(0, 10)}T${timestamp.slice(11, -3)}Z`;
}

function toDecimal(value: unknown, given: string): string {
  if (typeof value === 'string' && DECIMAL.test(value)) return value;
  throw new GraphQLError(`Expected a decimal in a string, such as "12.50", got ${given}.`);
}

function textOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined;
}

function refuseTime(): never {
  throw new GraphQLError('A DateTime cannot be given.');
}
