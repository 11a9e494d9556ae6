import { expect, test } from 'vitest';
import { toKey } from '../../../src/gather/database/key.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { findRows } from '../../../src/gather/graphql/rows.ts';
import type { Loaders } from '../../../src/gather/loaders/index.ts';
import { RowCache } from '../../../src/gather/loaders/row-cache.ts';

const missing = new GatherError('NOT_FOUND', 'There is no book with this id.');
const broken = new Error('The row cannot be read.');
const results: Readonly<Record<string, object>> = { '2': { id: '2' }, '3': missing, '4': broken };

/** A request that has read the book with the ID 1. @param asked gets the IDs that the loader is asked for */
function toLoaders(asked: string[]): Loaders {
  const known = new RowCache();
  known.add('book', [{ id: '1' }]);
  const load = async (id: string) => {
    asked.push(id);
    if (results[id] instanceof Error) throw results[id];
    return results[id];
  };
  return { known, rowsBy: () => ({ load }) } as unknown as Loaders;
}

const find = (ids: readonly (string | null)[], isNullable: boolean, asked: string[] = []) =>
  findRows(toLoaders(asked), { table: 'book', key: toKey(['id']), isNullable }, ids);

test('rows that were read are there at once, and nothing is loaded', () => {
  const asked: string[] = [];
  expect(find(['1', null, '1'], false, asked)).toEqual([{ id: '1' }, null, { id: '1' }]);
  expect(asked).toEqual([]);
});

test('the others are loaded once each, also if a loader has dropped them from what was read', async () => {
  const asked: string[] = [];
  expect(await find(['2', '1', '2', null], false, asked)).toEqual([{ id: '2' }, { id: '1' }, { id: '2' }, null]);
  expect(asked).toEqual(['2']);
});

test('a row that cannot be loaded is an error in its places only', async () => {
  expect(await find(['1', '4', '2'], false)).toEqual([{ id: '1' }, broken, { id: '2' }]);
  expect(await find(['3', '2'], false)).toEqual([missing, { id: '2' }]);
  expect(await find(['3', '4'], true)).toEqual([null, broken]);
});
