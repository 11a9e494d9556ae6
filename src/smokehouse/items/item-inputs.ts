import { amount, type GatherError, idOf, price, text } from 'gather';
import * as z from 'zod';

const status = z.enum(['DRAFT', 'ACTIVE', 'RETIRED'], 'Expected a status, got null.');

/** Validates a `CreateItemInput`, and converts it to the values of a row. */
export const NewItem = z.object({
  sku: text(1, 64),
  name: text(1, 200),
  description: text(0, 10_000),
  status,
  price,
  calories: amount.nullish().transform((calories) => calories ?? null),
  supplierId: idOf('Supplier'),
});

/** Validates an `UpdateItemInput`, and converts it to the key of a row and its new values. */
export const ItemChange = z
  .object({
    id: idOf('Item'),
    expectedVersion: z.int().nullish(),
    name: text(1, 200).optional(),
    description: text(0, 10_000).optional(),
    status: status.optional(),
    price: price.optional(),
    calories: amount.nullable().optional(),
    supplierId: idOf('Supplier').optional(),
  })
  .transform(({ expectedVersion, ...values }) => ({ ...values, version: expectedVersion ?? undefined }));

/** The path of the input at fault, for an error of the database in a mutation of one item. */
export function toFieldPath({ code, field }: GatherError): string[] | null {
  if (field === undefined) return null;
  // A CONFLICT of an existing item's ID means that it has another version.
  return [field === 'id' && code === 'CONFLICT' ? 'expectedVersion' : field];
}

/** The path of the input at fault, for an error of the database in a mutation of many items. */
export function toItemPath(items: readonly object[], error: GatherError): string[] | null {
  const { field, value } = error;
  if (field === undefined) return null;
  const index = items.findLastIndex((item) => String(Reflect.get(item, field)) === value);
  return index < 0 ? ['items'] : ['items', String(index), ...(toFieldPath(error) ?? [])];
}
