import * as z from 'zod';
import { GatherError } from '../errors.ts';
import { toRowId } from './global-id.ts';

/** The most rows that one mutation writes. */
const MAX_ROWS = 10_000;

/** A text of so many characters, those of Unicode; PostgreSQL has neither a NUL character nor halves of one. */
export const text = (minimum: number, maximum: number) =>
  z
    .string(`Expected text, got null.`)
    .refine((value) => lengthOf(value) >= minimum && lengthOf(value) <= maximum, {
      error: ({ input }) => `Expected ${minimum} to ${maximum} characters, got ${lengthOf(String(input))}.`,
    })
    .refine((value) => !value.includes('\0'), 'Expected text without NUL characters.')
    .refine((value) => value.isWellFormed(), 'Expected text without halves of characters.');

/** An amount of money: what `numeric(12,2)` holds once it is rounded, and not negative. */
export const price = z.string('Expected a decimal, got null.').regex(/^(?!9{10}\.99[5-9])\d{1,10}(\.\d+)?$/, {
  error: ({ input }) => `Expected from 0 to 9999999999.99, got ${input}.`,
});

/** A whole number that a column of type `integer` holds, and not negative. */
export const amount = z.int().nonnegative({ error: ({ input }) => `Expected 0 or more, got ${input}.` });

/** The ID of an object of a type, which becomes the key of its row. */
export const idOf = (type: string) =>
  z.string('Expected an ID, got null.').transform(refusing((globalId) => toRowId(type, globalId)));

/** One to 10,000 of something. */
export const many = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .array(schema)
    .min(1, 'Expected 1 to 10,000, got none.')
    .max(MAX_ROWS, { error: ({ input }) => `Expected 1 to 10,000, got ${(input as unknown[]).length}.` });

/** A `transform` for which what `convert` refuses is said of the field. */
export function refusing<In, Out>(convert: (value: In) => Out) {
  return (value: In, context: z.core.$RefinementCtx): Out => {
    try {
      return convert(value);
    } catch (error) {
      if (!(error instanceof GatherError)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: value });
      return z.NEVER;
    }
  };
}

function lengthOf(value: string): number {
  return [...value].length;
}
