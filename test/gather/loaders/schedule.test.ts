import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Brought, Database, raw } from '../../../src/gather/database/database.ts';
import type { TableName } from '../../../src/gather/database/schema.ts';
import { Leads } from '../../../src/gather/loaders/leads.ts';
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

test('a statement that began after a batch was held is not slow when that batch leaves', async () => {
  using _ = holdTimeouts();
  const { schedule, left, run } = begin();
  await using books = await lockTable(db.databaseUrl, 'book');
  const slow = run('select from book limit 1');
  schedule('held');
  await turns();
  vi.advanceTimersByTime(HOLD_MS - 1);
  await using authors = await lockTable(db.databaseUrl, 'author');
  const begun = run('select from author limit 1');
  vi.advanceTimersByTime(1);
  await turns();
  schedule('next');
  await turns();
  // The younger statement has run for a millisecond.
  expect(left).toEqual(['held']);
  await authors[Symbol.asyncDispose]();
  await begun;
  await turns();
  expect(left).toEqual(['held', 'next']);
  await books[Symbol.asyncDispose]();
  await slow;
});

describe('what is known of the rows', () => {
  const createLeads = () => {
    const leads = new Leads();
    leads.add('book', [{ loader: 'author', rows: 'author' }]);
    leads.add('book', [{ loader: 'ratings', rows: null }]);
    leads.add('author', []);
    leads.add('genre', [{ loader: 'books of a genre', rows: 'book' }]);
    return leads;
  };
  const ALL = ['author', 'ratings', 'books of a genre'];

  /** @returns the batches that leave while a statement with rows of the table is under way */
  async function leaveBeside(table: TableName, leads: Leads): Promise<string[]> {
    using _ = holdTimeouts();
    const { schedule, left, run } = begin(leads);
    await using lock = await lockTable(db.databaseUrl, 'book');
    const running = run('select from book limit 1', table);
    for (const name of ALL) schedule(name);
    await turns();
    const before = [...left];
    await lock[Symbol.asyncDispose]();
    await running;
    await turns();
    expect(left.toSorted()).toEqual(ALL.toSorted());
    return before;
  }

  test.each<[table: TableName, free: string[]]>([
    ['book', ['books of a genre']],
    ['author', ALL],
    ['genre', []],
  ])('a statement whose rows are of %s holds back what they lead to; free are %j', async (table, free) => {
    expect(await leaveBeside(table, createLeads())).toEqual(free);
  });

  test('if a field may ask any loader, every statement holds back every batch', async () => {
    const leads = createLeads();
    leads.addAny();
    expect(await leaveBeside('author', leads)).toEqual([]);
  });

  test('a batch of the level below waits for one that may lead to it, and not for others', async () => {
    using _ = holdTimeouts();
    const { schedule, left, run } = begin(createLeads());
    await using lock = await lockTable(db.databaseUrl, 'book');
    const first = run('select 1', 'author');
    let read: Promise<unknown> | undefined;
    schedule(
      'books of a genre',
      () => {
        read = run('select from book limit 1', 'book');
      },
      'book',
    );
    await first;
    schedule('author', () => {}, 'author');
    schedule('others');
    await turns();
    expect(left).toEqual(['books of a genre', 'others']);
    await lock[Symbol.asyncDispose]();
    await read;
    await turns();
    expect(left).toEqual(['books of a genre', 'others', 'author']);
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
