import type {
  ExecutionArgs,
  ExperimentalIncrementalExecutionResults,
  LegacyExperimentalIncrementalExecutionResults,
} from 'graphql';
import { expect, test } from 'vitest';
import {
  executeIncrementally,
  executeIncrementallyAsOf2022,
} from '../../../../src/gather/graphql/execution/execute-incrementally.ts';
import { Shelf, toArgs, toBook } from './library.ts';
import { turns } from './rejections.ts';

const books = [toBook('1', '7'), toBook('2', '8'), toBook('3', '7')];

async function start(args: ExecutionArgs): Promise<ExperimentalIncrementalExecutionResults> {
  const result = await executeIncrementally(args);
  if (!('initialResult' in result)) throw new Error('Expected parts.');
  return result;
}

/** All parts as the client reads them. */
async function read(result: ExperimentalIncrementalExecutionResults | LegacyExperimentalIncrementalExecutionResults) {
  const parts: unknown[] = [result.initialResult];
  for await (const part of result.subsequentResults) parts.push(part);
  return JSON.parse(JSON.stringify(parts));
}

/** Gives batches of books, each in a turn of its own, and notes how many it gave. */
class Batches {
  given = 0;
  isClosed = false;

  async *books(batches: readonly string[]) {
    try {
      for (const batch of batches) {
        await turns(1);
        for (const id of batch) {
          this.given++;
          yield toBook(id, '7');
        }
      }
    } finally {
      this.isClosed = true;
    }
  }
}

test('a deferred selection of many objects is resolved for all of them together', async () => {
  const shelf = new Shelf();
  const result = await start(
    toArgs('{ books { title ... @defer(label: "later") { stock author { name } } } }', { books }, shelf),
  );
  expect(shelf.batches).toEqual([]);
  const [first, ...later] = await read(result);
  expect(shelf.batches).toEqual(['stock of 1,2,3', 'authors 7,8']);
  expect(first).toEqual({
    data: { books: [{ title: 'title 1' }, { title: 'title 2' }, { title: 'title 3' }] },
    pending: ['0', '1', '2'].map((id) => ({ id, path: ['books', Number(id)], label: 'later' })),
    hasNext: true,
  });
  expect(later).toEqual([
    {
      hasNext: false,
      incremental: [
        { id: '0', data: { stock: 1, author: { name: 'author 7' } } },
        { id: '1', data: { stock: 2, author: { name: 'author 8' } } },
        { id: '2', data: { stock: 3, author: { name: 'author 7' } } },
      ],
      completed: [{ id: '0' }, { id: '1' }, { id: '2' }],
    },
  ]);
});

test('the items of a stream that come in one turn are resolved and delivered together', async () => {
  const shelf = new Shelf();
  const batches = new Batches();
  const root = { books: batches.books(['12', '345']) };
  const result = await start(toArgs('{ books @stream(label: "s") { stock } }', root, shelf));
  expect(await read(result)).toEqual([
    { data: { books: [] }, pending: [{ id: '0', path: ['books'], label: 's' }], hasNext: true },
    { hasNext: true, incremental: [{ id: '0', items: [{ stock: 1 }, { stock: 2 }] }] },
    {
      hasNext: false,
      incremental: [{ id: '0', items: [{ stock: 3 }, { stock: 4 }, { stock: 5 }] }],
      completed: [{ id: '0' }],
    },
  ]);
  expect(shelf.batches).toEqual(['stock of 1,2', 'stock of 3,4,5']);
  expect(batches.isClosed).toBe(true);
});

test('a stream is read no further than one batch ahead of its reader', async () => {
  const batches = new Batches();
  const root = { books: batches.books(['11', '22', '33', '44', '55']) };
  const { subsequentResults } = await start(toArgs('{ books @stream { id } }', root));
  await subsequentResults.next();
  await turns(10);
  expect(batches.given).toBeLessThanOrEqual(5);
  await subsequentResults.return();
  expect(batches.isClosed).toBe(true);
});

test('in the format of 2022, parts say where they belong', async () => {
  const text = '{ books @stream(initialCount: 1, label: "s") { id ... @defer(label: "d") { title } } }';
  const result = await executeIncrementallyAsOf2022(toArgs(text, { books: books.slice(0, 2) }));
  expect(await read(result as LegacyExperimentalIncrementalExecutionResults)).toEqual([
    { data: { books: [{ id: '1' }] }, hasNext: true },
    { hasNext: true, incremental: [{ data: { title: 'title 1' }, path: ['books', 0], label: 'd' }] },
    {
      hasNext: false,
      incremental: [
        { items: [{ id: '2' }], path: ['books', 1], label: 's' },
        { data: { title: 'title 2' }, path: ['books', 1], label: 'd' },
      ],
    },
  ]);
});

test('an error that leaves no data ends its fragment or stream, and no other', async () => {
  const bad = { ...toBook('9', '7'), title: null };
  const text = '{ books @stream(initialCount: 1) { id ... @defer { title } } }';
  const parts = await read(
    await start(toArgs(text, { books: [bad, toBook('1', '7'), Promise.reject(new Error('no'))] })),
  );
  const entries = parts.flatMap((part: { incremental?: object[]; completed?: object[] }) => [
    ...(part.incremental ?? []),
    ...(part.completed ?? []),
  ]);
  expect(entries).toContainEqual({
    id: '0',
    errors: [expect.objectContaining({ path: ['books', 0, 'title'] })],
  });
  expect(entries).toContainEqual({
    id: '1',
    items: [{ id: '1' }, null],
    errors: [expect.objectContaining({ message: 'no', path: ['books', 2] })],
  });
  expect(entries).toContainEqual({ id: '2', data: { title: 'title 1' } });
});

test('what is selected twice is delivered once', async () => {
  const author = { id: '7', name: 'x' };
  const text = '{ author { id } ... @defer { author { id name } ... @defer { author { name id books { id } } } } }';
  expect(await read(await start(toArgs(text, { author })))).toEqual([
    { data: { author: { id: '7' } }, pending: [{ id: '0', path: [] }], hasNext: true },
    {
      hasNext: true,
      pending: [{ id: '1', path: [] }],
      incremental: [{ id: '0', data: { name: 'x' }, subPath: ['author'] }],
      completed: [{ id: '0' }],
    },
    {
      hasNext: false,
      incremental: [{ id: '1', data: { books: [{ id: '71' }, { id: '72' }] }, subPath: ['author'] }],
      completed: [{ id: '1' }],
    },
  ]);
});

test('a result is whole where no directive applies', async () => {
  const text = 'query ($is: Boolean = false) { ... @defer(if: $is) { books @stream(if: $is) { id } } }';
  expect(await executeIncrementally(toArgs(text, { books: books.slice(0, 1) }))).toEqual({
    data: { books: [{ id: '1' }] },
  });
});

test('an abort rejects the next part with the reason', async () => {
  const batches = new Batches();
  const controller = new AbortController();
  const root = { books: batches.books(['12', '3']) };
  const args = { ...toArgs('{ books @stream { id } }', root), abortSignal: controller.signal };
  const { subsequentResults } = await start(args);
  await subsequentResults.next();
  const next = subsequentResults.next();
  controller.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  expect(await subsequentResults.next()).toEqual({ done: true, value: undefined });
  await turns(3);
  expect(batches.isClosed).toBe(true);
});

test.each([executeIncrementally, executeIncrementallyAsOf2022])(
  'parts that are delivered together have the limit together, and later ones have it anew: %o',
  async (executeInParts) => {
    const limit = { maxBytes: 5000, exceed: () => new Error('too large') };
    const long = Array.from({ length: 100 }, (_, index) => ({ ...toBook(`${index}`, '7'), title: '.'.repeat(900) }));
    const text = '{ books { id ... @defer { title } } }';
    const result = await executeInParts(toArgs(text, { books: long }), limit);
    if (!('initialResult' in result)) throw new Error('Expected parts.');
    const [, ...later] = await read(result);
    const titles = (part: unknown) => JSON.stringify(part).match(/\.{900}/g)?.length ?? 0;
    for (const part of later) expect(titles(part)).toBeLessThanOrEqual(5);
    expect(JSON.stringify(later)).toContain('too large');

    const few = await executeInParts(toArgs(text, { books: long.slice(0, 5) }), limit);
    if (!('initialResult' in few)) throw new Error('Expected parts.');
    expect((await read(few)).reduce((sum: number, part: unknown) => sum + titles(part), 0)).toBe(5);
  },
);
