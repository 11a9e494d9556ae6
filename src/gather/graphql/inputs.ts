import * as z from 'zod';
import { GatherError } from '../errors.ts';
import { toRowId } from '../global-id.ts';

/** The most rows that one mutation writes. */
const MAX_ROWS = 10_000;

/** Text with a length in Unicode characters. PostgreSQL accepts neither NUL characters nor unpaired surrogates. */
export const text = (minimum: number, maximum: number) =>
  z
    .string(`Expected text, got null.`)
    .refine((value) => lengthOf(value) >= minimum && lengthOf(value) <= maximum, {
      error: ({ input }) => `Expected ${minimum} to ${maximum} characters, got ${lengthOf(String(input))}.`,
    })
    .refine((value) => !value.includes('\0'), 'Expected text without NUL characters.')
    .refine((value) => value.isWellFormed(), 'Expected text without unpaired surrogates.');

/** A non-negative amount of money that fits into `numeric(12,2)` when rounded. */
export const price = z.string('Expected a decimal, got null.').regex(/^(?!9{10}\.99[5-9])\d{1,10}(\.\d+)?$/, {
  error: ({ input }) => `Expected from 0 to 9999999999.99, got ${input}.`,
});

/** A non-negative whole number that fits into an `integer` column. */
export const amount = z.int().nonnegative({ error: ({ input }) => `Expected 0 or more, got ${input}.` });

/** The global ID of an object of this type, converted to the key of its row. */
export const idOf = (type: string) =>
  z.string('Expected an ID, got null.').transform(refusing((globalId) => toRowId(type, globalId)));

/** A list of 1 to 10,000 values. */
export const many = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .array(schema)
    .min(1, 'Expected 1 to 10,000, got none.')
    .max(MAX_ROWS, { error: ({ input }) => `Expected 1 to 10,000, got ${(input as unknown[]).length}.` });

/** Turns `convert` into a Zod transform whose GatherErrors become issues of the field. */
function refusing<In, Out>(convert: (value: In) => Out) {
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
