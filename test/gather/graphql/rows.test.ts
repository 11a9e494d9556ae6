import { expect, test } from 'vitest';
import { toKey } from '../../../src/gather/database/key.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { findRows } from '../../../src/gather/graphql/rows.ts';
import type { Loaders } from '../../../src/gather/loaders/index.ts';
import { RowCache } from '../../../src/gather/loaders/row-cache.ts';
import { RowLoader } from '../../../src/gather/loaders/row-loader.ts';

interface Book {
  id: string;
  title?: string;
}

const KEY = toKey(['id']);
const missing = new GatherError('NOT_FOUND', 'There is no book with this id.');
const broken = new Error('The rows cannot be read.');

/** A request that has read the book with the ID 1. There are books 1 to 9; a batch with 0 fails. */
function startRequest() {
  const known = new RowCache();
  known.add('book', [{ id: '1' }]);
  /** The keys of each batch. */
  const read: string[][] = [];
  const rows = new RowLoader<Book>({
    batch: { loader: 'book id', rows: 'book' },
    name: 'bookById',
    schedule: (_, dispatch) => void setImmediate(dispatch),
    known: () => known.by('book', KEY) as unknown as ReadonlyMap<string, Book>,
    read: async (keys) => {
      read.push([...keys]);
      await new Promise(setImmediate);
      if (keys.includes('0')) throw broken;
      known.add(
        'book',
        keys.filter((id) => id < 'a').map((id) => ({ id })),
      );
    },
    forget: (key) => known.forget('book', KEY, key),
    notFound: () => missing,
  });
  const loaders = { known, rowsBy: () => rows } as unknown as Loaders;
  const find = (ids: readonly (string | null)[], isNullable = false) =>
    findRows(loaders, { table: 'book', key: KEY, isNullable }, ids);
  return { find, read, loader: rows.loader };
}

test('rows that were read are there at once, and nothing is loaded', async () => {
  const { find, read, loader } = startRequest();
  expect(find(['1', null, '1'])).toEqual([{ id: '1' }, null, { id: '1' }]);
  expect(await loader.load('1')).toEqual({ id: '1' });
  expect(read).toEqual([]);
});

test('the others are loaded in one batch, each once', async () => {
  const { find, read } = startRequest();
  expect(await find(['2', '1', '2', null])).toEqual([{ id: '2' }, { id: '1' }, { id: '2' }, null]);
  expect(read).toEqual([['2']]);
});

test('fields and resolvers that ask in one turn share a batch, and later ones what it brings', async () => {
  const { find, read, loader } = startRequest();
  const found = await Promise.all([find(['2', '3']), loader.load('3'), loader.load('4'), find(['4', '5'])]);
  expect(found).toEqual([[{ id: '2' }, { id: '3' }], { id: '3' }, { id: '4' }, [{ id: '4' }, { id: '5' }]]);
  expect(read.map((keys) => keys.toSorted())).toEqual([['2', '3', '4', '5']]);
  expect(await loader.load('5')).toEqual({ id: '5' });
  expect(read).toHaveLength(1);
});

test('what is being read is not read again', async () => {
  const { find, read, loader } = startRequest();
  const first = find(['2', '3']);
  await expect.poll(() => read).toHaveLength(1);
  expect(await Promise.all([find(['3', '2']), loader.load('2')])).toEqual([[{ id: '3' }, { id: '2' }], { id: '2' }]);
  expect(await first).toHaveLength(2);
  expect(read).toHaveLength(1);
});

test('a row that a resolver gives to the loader is not read', async () => {
  const { find, read, loader } = startRequest();
  loader.prime('2', { id: '2', title: 'primed' });
  expect(await find(['2', '3'])).toEqual([{ id: '2', title: 'primed' }, { id: '3' }]);
  expect(read).toEqual([['3']]);
});

test('a row that is cleared is read again', async () => {
  const { find, read, loader } = startRequest();
  await find(['2', '3']);
  loader.clear('2');
  await find(['2', '3']);
  loader.clearAll();
  await find(['2', '3']);
  expect(read).toEqual([['2', '3'], ['2'], ['2', '3']]);
});

test('a row that does not exist is an error in its place only, or null', async () => {
  const { find, read, loader } = startRequest();
  expect(await find(['1', 'a', '2'])).toEqual([{ id: '1' }, missing, { id: '2' }]);
  expect(await find(['a', '2'], true)).toEqual([null, { id: '2' }]);
  await expect(loader.load('a')).rejects.toBe(missing);
  expect(read).toEqual([['a', '2']]);
});

test('a batch that fails is an error in the places of its keys, for loads in the same turn too, and is not repeated', async () => {
  const { find, read, loader } = startRequest();
  const [found, loaded] = await Promise.allSettled([find(['1', '0', '2'], true), loader.load('2')]);
  expect(found).toEqual({ status: 'fulfilled', value: [{ id: '1' }, broken, broken] });
  expect(loaded).toEqual({ status: 'rejected', reason: broken });
  expect(await find(['2', '3'])).toEqual([broken, { id: '3' }]);
  expect(read).toEqual([['0', '2'], ['3']]);
});
