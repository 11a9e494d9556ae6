import type { Context } from '../../context.ts';
import type { TableName } from '../../database/schema.ts';
import { toRowId } from '../../global-id.ts';
import type { FindBy } from '../define-type.ts';
import { assertRole } from '../refuse-role.ts';
import { findRow } from '../rows.ts';
import type { RowsOfType } from './connection-of.ts';
import { toKeyOf } from './ids.ts';
import type { ListSource } from './list-inputs.ts';

/** The argument of `findBy`: @oneOf, the ID and a field for each unique column. */
interface Arguments {
  by: Readonly<Record<string, string>>;
}

/** Creates the resolver of the row with the value of a unique column; null if there is none. */
export function toFinder({ table }: FindBy, rows: RowsOfType, source: Pick<ListSource, 'types' | 'definitions'>) {
  const name = table as TableName;
  const { key, types } = source.definitions[name];
  return async (_: unknown, { by }: Arguments, { loaders, viewer, roles }: Context): Promise<unknown> => {
    const [[column, value] = ['', '']] = Object.entries(by);
    assertRole(viewer, roles, rows.readers.get(column));
    // The ID of an object has its whole key, also if one column of that is called `id`.
    const isColumn = Object.hasOwn(types, column) && (column !== 'id' || key.join() === 'id');
    if (!isColumn) return findRow(loaders.rowsBy(name, key).loader, toRowId(rows.type, value));
    const toKey = rows.ids.includes(column) ? toKeyOf(source, name, column) : undefined;
    return findRow(loaders.rowsBy(name, [column]).loader, toKey ? toKey(value) : value);
  };
}
