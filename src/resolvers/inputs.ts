import * as z from 'zod';
import { type NodeType, toRowId } from './global-id.ts';

/** The most rows that one mutation writes. */
const MAX_ROWS = 10_000;

/** A text of a length; PostgreSQL has no NUL character. */
export const text = (minimum: number, maximum: number) =>
  z
    .string(`Expected text, got null.`)
    .refine((value) => value.length >= minimum && value.length <= maximum, {
      error: ({ input }) => `Expected ${minimum} to ${maximum} characters, got ${String(input).length}.`,
    })
    .refine((value) => !value.includes('\0'), 'Expected text without NUL characters.');

/** An amount of money: what `numeric(12,2)` holds, and not negative. */
export const price = z
  .string('Expected a decimal, got null.')
  .regex(/^\d{1,10}(\.\d+)?$/, { error: ({ input }) => `Expected from 0 to 9999999999.99, got ${input}.` });

/** A whole number that a column of type `integer` holds, and not negative. */
export const amount = z.int().nonnegative({ error: ({ input }) => `Expected 0 or more, got ${input}.` });

/** The ID of an object of a type, which becomes the key of its row. */
export const idOf = (type: NodeType) =>
  z.string('Expected an ID, got null.').transform((globalId, context) => {
    try {
      return toRowId(type, globalId);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  });

/** One to 10,000 of something. */
export const many = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .array(schema)
    .min(1, 'Expected 1 to 10,000, got none.')
    .max(MAX_ROWS, { error: ({ input }) => `Expected 1 to 10,000, got ${(input as unknown[]).length}.` });
