import { setTimeout as sleep } from 'node:timers/promises';
import { startTestApp, type TestApp } from 'gather/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockTable } from '../../helpers/lock.ts';
import { holdTimeouts } from '../../helpers/timeouts.ts';
import { filmRental } from './index.ts';

const ELSEWHERE = '{ filmsBy(first: 1) { nodes { language { name } parts { nodes { actor { last_name } } } } } }';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(filmRental);
  // Opens connections, which takes timeouts.
  expect((await app.query(ELSEWHERE)).errors).toBeUndefined();
});
afterAll(() => app[Symbol.asyncDispose]());

/** The statements so far that name a table. */
function named(statements: readonly string[], table: string): string[] {
  return statements.filter((text) => text.includes(`"${table}"`));
}

/** The statements that are sent until so many name a table, or for five seconds. Not `vi.waitFor`, which lets timeouts pass. */
async function sentUntil(table: string, count: number): Promise<string[]> {
  const statements: string[] = [];
  for (let polls = 0; polls < 500 && named(statements, table).length < count; polls++) {
    await sleep(10);
    statements.push(...app.sent().statements);
  }
  return statements;
}

test('a batch does not wait for a statement whose rows lead elsewhere', async () => {
  using _ = holdTimeouts();
  await using lock = await lockTable(app.databaseUrl, 'language');
  app.sent();
  const answer = app.query(ELSEWHERE);
  const statements = await sentUntil('actor', 1);
  expect(named(statements, 'actor')).toHaveLength(1);
  expect(named(statements, 'language')).toHaveLength(1);
  await lock[Symbol.asyncDispose]();
  expect((await answer).errors).toBeUndefined();
});

test('… but for one whose rows may lead to it', async () => {
  using _ = holdTimeouts();
  await using lock = await lockTable(app.databaseUrl, 'film_actor');
  app.sent();
  const answer = app.query(`{
    filmsBy(first: 1) { nodes { sequels { nodes { language { name } } } parts { nodes { film { original_language { name } } } } } }
  }`);
  const statements = await sentUntil('film', 2);
  expect(named(statements, 'film')).toHaveLength(2);
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
  expect(named([...statements, ...app.sent().statements], 'language')).toEqual([]);
  await lock[Symbol.asyncDispose]();
  expect((await answer).errors).toBeUndefined();
  expect(named(app.sent().statements, 'language')).toHaveLength(1);
});
