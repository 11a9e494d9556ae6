import { sql } from 'kysely';
import { GatherError } from '../errors.ts';
import { toKey } from './key.ts';
import type { Schema } from './schema.ts';
import { type BoundStatement, param } from './statement.ts';
import { bind, shapeOfTable, type TableDefinition, tableOf, toList } from './table-definition.ts';
import { type RowChange, toExpectedVersion, toHeldKey } from './update.ts';

/** The key of a row, and `$version`. */
type RowVersion = Readonly<Record<string, unknown>>;

/** Reads the versions of these rows, as far as they exist, to explain why a guarded statement changed nothing. */
export function selectVersions<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly RowChange<T>[],
): BoundStatement<RowVersion> {
  const { key, types, version } = definition;
  const keys = changes.map((change) => toHeldKey(definition, change));
  return bind(
    `versions ${shapeOfTable(definition)}`,
    () => {
      const arrays = sql.join(key.map((column) => sql`${param(column)}::${sql.raw(types[column])}[]`));
      return sql<RowVersion>`
        select ${toList(key)}, ${version ? sql.id(version) : sql`null`} as "$version"
        from ${tableOf(definition)} where (${toList(key)}) in (select * from unnest(${arrays}))`;
    },
    Object.fromEntries(key.map((column) => [column, keys.map((values) => values[column])])),
  );
}

/** The error of the first row at fault: NOT_FOUND if it is gone, CONFLICT if it has another version. */
export function toRefusal<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly RowChange<T>[],
  present: readonly RowVersion[],
): GatherError {
  const key = toKey(definition.key);
  const name = definition.key.join(' and ');
  const versions = new Map(present.map((row) => [key.textOf(row), row['$version']]));
  for (const change of changes) {
    const text = key.textOf(change);
    const at = { field: name, value: text ?? undefined };
    const { table } = definition;
    if (!versions.has(text)) return new GatherError('NOT_FOUND', `There is no ${table} with this ${name}.`, at);
    const expected = toExpectedVersion(definition, change);
    const version = versions.get(text);
    if (expected !== null && expected !== version) {
      return new GatherError(
        'CONFLICT',
        `Expected the ${table} in version ${expected}, got one in version ${version}.`,
        at,
      );
    }
  }
  // The row at fault has changed since.
  return new GatherError('CONFLICT', 'Another change came first. Try again.', { retryable: true });
}
