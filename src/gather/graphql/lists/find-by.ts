import type { Context } from '../../context.ts';
import type { TableName } from '../../database/schema.ts';
import type { FindBy } from '../define-type.ts';
import { findRow } from '../rows.ts';
import { toKeyOf } from './ids.ts';
import type { ListSource } from './list-inputs.ts';

/** The argument of `findBy`: @oneOf, a field for each unique column. */
interface Arguments {
  by: Readonly<Record<string, string>>;
}

/** Creates the resolver of the row with the value of a unique column; null if there is none. */
export function toFinder({ table }: FindBy, source: Pick<ListSource, 'types' | 'definitions'>) {
  return async (_: unknown, { by }: Arguments, { loaders }: Context): Promise<unknown> => {
    const [[column, value] = ['', '']] = Object.entries(by);
    const toKey = toKeyOf(source, table as TableName, column);
    return findRow(loaders.rowsBy(table as TableName, column).loader, toKey ? toKey(value) : value);
  };
}
