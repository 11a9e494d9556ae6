import type { GlobalId, KeyText } from '../database/column-types.ts';
import type { Filter } from '../database/filter.ts';
import { toRowId } from '../global-id.ts';

/** A condition on IDs, as clients send it: `input IdFilter`. */
interface GlobalIdFilter {
  readonly eq?: GlobalId | null | undefined;
  readonly ne?: GlobalId | null | undefined;
  readonly in?: readonly GlobalId[] | null | undefined;
  readonly notIn?: readonly GlobalId[] | null | undefined;
}

/**
 * The same condition on the keys of rows of a type. An operator that is null or absent stays so,
 * because changes refuse it; `isNull` stays as it is.
 * @throws INVALID_INPUT for the ID of another type
 */
export function toIdFilter(type: string, filter: GlobalIdFilter): Filter<KeyText> {
  const toKey = (id: GlobalId) => toRowId(type, id);
  const { eq, ne, in: oneOf, notIn, ...others } = filter;
  return {
    ...others,
    ...('eq' in filter && { eq: eq == null ? eq : toKey(eq) }),
    ...('ne' in filter && { ne: ne == null ? ne : toKey(ne) }),
    ...('in' in filter && { in: oneOf?.map(toKey) ?? null }),
    ...('notIn' in filter && { notIn: notIn?.map(toKey) ?? null }),
  };
}
