import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Database, raw } from '../../../src/gather/database/database.ts';
import type { TableName } from '../../../src/gather/database/schema.ts';
import { type Brought, Leads } from '../../../src/gather/loaders/leads.ts';
import { createSchedule } from '../../../src/gather/loaders/schedule.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { lockTable } from '../../helpers/lock.ts';
import { holdTimeouts } from '../../helpers/timeouts.ts';

const HOLD_MS = 20;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('a batch leaves at once where no statement is under way', async () => {
  using _ = holdTimeouts();
  const { schedule, left } = begin();
  schedule('a');
  schedule('b');
  expect(left).toEqual([]);
  await turns();
  expect(left).toEqual(['a', 'b']);
});

test('a batch waits for the statements under way, and leaves with what their rows bring', async () => {
  using _ = holdTimeouts();
  const { schedule, left, run } = begin();
  await using lock = await lockTable(db.databaseUrl, 'book');
  const late = run('select from book limit 1').then(() => schedule('late'));
  schedule('early');
  await turns();
  vi.advanceTimersByTime(HOLD_MS - 1);
  await turns();
  expect(left).toEqual([]);
  await lock[Symbol.asyncDispose]();
  await late;
  await turns();
  expect(left).toEqual(['early', 'late']);
});

test('what rows bring belongs to the level below, also where the turn took longer than their statement', async () => {
  using _ = holdTimeouts();
  const { schedule, left, run } = begin();
  await run('select 1');
  await using books = await lockTable(db.databaseUrl, 'book');
  await new Promise(setImmediate);
  const rows = run('select 1').then(() => schedule('level below'));
  let read: Promise<unknown> | undefined;
  schedule('level', () => {
    read = run('select from book limit 1');
  });
  // The statement is sent, and its answer there before the event loop goes on.
  for (let count = 0; count < 10; count++) await new Promise<void>((resolve) => process.nextTick(resolve));
  block(100);
  await rows;
  await turns();
  expect(left).toEqual(['level']);
  await books[Symbol.asyncDispose]();
  await read;
  await turns();
  expect(left).toEqual(['level', 'level below']);
});

test('a batch waits for 20 ms at most, and a statement holds batches back once', async () => {
  using _ = holdTimeouts();
  const { schedule, left, run } = begin();
  await using lock = await lockTable(db.databaseUrl, 'book');
  const slow = run('select from book limit 1');
  schedule('first level');
  await turns();
  vi.advanceTimersByTime(HOLD_MS);
  await turns();
  expect(left).toEqual(['first level']);
  schedule('second level');
  await turns();
  expect(left).toEqual(['first level', 'second level']);
  await lock[Symbol.asyncDispose]();
  await slow;
});

test('beside a slow statement a batch still waits for one that has just begun', async () => {
  using _ = holdTimeouts();
  const { schedule, left, run } = begin();
  await using books = await lockTable(db.databaseUrl, 'book');
  const slow = run('select from book limit 1');
  schedule('first level');
  await turns();
  vi.advanceTimersByTime(HOLD_MS);
  await using authors = await lockTable(db.databaseUrl, 'author');
  const begun = run('select from author limit 1');
  schedule('second level');
  await turns();
  expect(left).toEqual(['first level']);
  await authors[Symbol.asyncDispose]();
  await begun;
  await turns();
  expect(left).toEqual(['first level', 'second level']);
  await books[Symbol.asyncDispose]();
  await slow;
});

test('a statement that fails holds no batch back', async () => {
  using _ = holdTimeouts();
  const { schedule, left, run } = begin();
  const failing = run('select 1 / 0').catch(() => {});
  schedule('a');
  await failing;
  await turns();
  expect(left).toEqual(['a']);
});

describe('what is known of the rows', () => {
  const leads = new Leads();
  leads.add('book', [{ loader: 'author', rows: 'author' }]);
  leads.add('book', [{ loader: 'ratings', rows: null }]);
  leads.add('author', []);
  leads.add('genre', [{ loader: 'books of a genre', rows: 'book' }]);
  leads.add('lending.loan', undefined);

  test.each<[table: TableName, held: string[]]>([
    ['book', ['author', 'ratings']],
    ['author', []],
    ['genre', ['author', 'books of a genre', 'ratings']],
    ['lending.loan', ['author', 'books of a genre', 'ratings']],
  ])('a statement whose rows are of %s holds back what they lead to: %j', async (table, held) => {
    using _ = holdTimeouts();
    const { schedule, left, run } = begin(leads);
    await using lock = await lockTable(db.databaseUrl, 'book');
    const running = run('select from book limit 1', table);
    for (const name of ['author', 'ratings', 'books of a genre']) schedule(name);
    await turns();
    const free = ['author', 'ratings', 'books of a genre'].filter((name) => !held.includes(name));
    expect(left).toEqual(free);
    await lock[Symbol.asyncDispose]();
    await running;
    await turns();
    expect(left.toSorted()).toEqual(['author', 'books of a genre', 'ratings']);
  });

  test('a batch waits for one of its own turn that leads to it', async () => {
    using _ = holdTimeouts();
    const { schedule, left, run } = begin(leads);
    await using lock = await lockTable(db.databaseUrl, 'book');
    let read: Promise<unknown> | undefined;
    schedule('author', () => {}, 'author');
    schedule(
      'books of a genre',
      () => {
        read = run('select from book limit 1', 'book').then(() => schedule('ratings'));
      },
      'book',
    );
    await turns();
    expect(left).toEqual(['books of a genre']);
    await lock[Symbol.asyncDispose]();
    await read;
    await turns();
    expect(left).toEqual(['books of a genre', 'author', 'ratings']);
  });

  test('batches of one turn that lead to one another leave together', async () => {
    using _ = holdTimeouts();
    const both = new Leads();
    both.add('author', [{ loader: 'books', rows: 'book' }]);
    both.add('book', [{ loader: 'author', rows: 'author' }]);
    const { schedule, left } = begin(both);
    schedule('author', () => {}, 'author');
    schedule('books', () => {}, 'book');
    await turns();
    expect(left).toEqual(['author', 'books']);
  });

  test('a batch that has left without a statement holds no other back', async () => {
    using _ = holdTimeouts();
    const { schedule, left } = begin(leads);
    schedule('books of a genre', () => {}, 'book');
    schedule('author', () => {}, 'author');
    await turns();
    expect(left).toEqual(['books of a genre', 'author']);
  });
});

/** The schedule of one request, and the batches that have left, by name. */
function begin(leads = new Leads()) {
  const database = new Database(db.pools, new AbortController().signal);
  const schedule = createSchedule(database, leads);
  const left: string[] = [];
  return {
    left,
    schedule: (name: string, dispatch = () => {}, rows?: Brought) =>
      schedule({ loader: name, rows }, () => {
        left.push(name);
        dispatch();
      }),
    run: (text: string, rows?: TableName) => database.run(raw(text), { name: 'test', ...(rows && { rows }) }),
  };
}

/** As many turns of the event loop as a batch needs that waits for nothing. */
async function turns(): Promise<void> {
  for (let count = 0; count < 10; count++) await new Promise(setImmediate);
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
