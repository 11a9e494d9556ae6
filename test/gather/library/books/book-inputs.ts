import { amount, type GatherError, idOf, price, text } from 'gather';
import * as z from 'zod';

const status = z.enum(['DRAFT', 'ACTIVE', 'RETIRED'], 'Expected a status, got null.');

/** The rules of `CreateBookInput`; gives the values of a row. */
export const NewBook = z.object({
  isbn: text(1, 64),
  title: text(1, 200),
  blurb: text(0, 10_000),
  status,
  price,
  pages: amount.nullish().transform((pages) => pages ?? null),
  authorId: idOf('Author'),
});

/** The rules of `UpdateBookInput`; gives the key of a row and its new values. */
export const BookChange = z
  .object({
    id: idOf('Book'),
    expectedVersion: z.int().nullish(),
    title: text(1, 200).optional(),
    blurb: text(0, 10_000).optional(),
    status: status.optional(),
    price: price.optional(),
    pages: amount.nullable().optional(),
    authorId: idOf('Author').optional(),
  })
  .transform(({ expectedVersion, ...values }) => ({ ...values, version: expectedVersion ?? undefined }));

/** Where in the input of a mutation of one book an error of the database lies. */
export function toFieldPath({ code, field }: GatherError): string[] | null {
  if (field === undefined) return null;
  // A book that is there and refuses a change by its ID has another version.
  return [field === 'id' && code === 'CONFLICT' ? 'expectedVersion' : field];
}
