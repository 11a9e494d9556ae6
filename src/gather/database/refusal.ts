import { sql } from 'kysely';
import { GatherError } from '../errors.ts';
import type { Id } from './column-types.ts';
import type { Schema } from './schema.ts';
import { type BoundStatement, param } from './statement.ts';
import { bind, shapeOfTable, type TableDefinition, tableOf } from './table-definition.ts';
import { type RowChange, toExpectedVersion } from './update.ts';

interface RowVersion {
  id: Id;
  version: unknown;
}

/** Reads the versions of these rows, as far as they exist, to explain why a guarded statement changed nothing. */
export function selectVersions<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly RowChange<T>[],
): BoundStatement<RowVersion> {
  const { key, version } = definition;
  return bind(
    `versions ${shapeOfTable(definition)}`,
    () => sql<RowVersion>`
      select ${sql.id(key)} as "id", ${version ? sql.id(version) : sql`null`} as "version"
      from ${tableOf(definition)} where ${sql.id(key)} = any(${param('ids')})`,
    { ids: changes.map(({ id }) => id) },
  );
}

/** The error of the first row at fault: NOT_FOUND if it is gone, CONFLICT if it has another version. */
export function toRefusal<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly RowChange<T>[],
  present: readonly RowVersion[],
): GatherError {
  const versions = new Map(present.map(({ id, version }) => [id, version]));
  for (const change of changes) {
    const at = { field: 'id', value: change.id };
    const { table } = definition;
    if (!versions.has(change.id)) return new GatherError('NOT_FOUND', `There is no ${table} with this id.`, at);
    const expected = toExpectedVersion(definition, change);
    const version = versions.get(change.id);
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
