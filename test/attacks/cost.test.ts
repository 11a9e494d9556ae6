import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flood, post } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectDiscreet, expectRefused, underAttack, withstand } from '../helpers/under-attack.ts';

const TOO_COSTLY = /^Expected an operation of at most 5000 points \(MAX_COST\), got \d+\.$/;
const THROTTLED =
  /^Expected at most \d+ points, the number left for now \(COST_BUCKET, COST_RESTORE\), got \d+\. Try again in \d+ s\.$/;
const PAGE = '{ menu { items(first: 100) { nodes { name supplier { name } reviews(first: 20) { totalCount } } } } }';

let target: Target;

beforeAll(async () => {
  // Few points come back, so that a slow machine runs out of them too.
  target = await startTarget({ COST_RESTORE: '100' });
}, 60_000);
afterAll(() => target.close());

describe('an operation that costs too much is refused before anything is asked:', () => {
  test.each([
    [
      'lists in lists',
      '{ menu { items(first: 100) { nodes { reviews(first: 100) { nodes { customer { reviews(first: 100) { nodes { text } } } } } } } } }',
      {},
    ],
    ['all items, and theirs', '{ menu { all { supplier { items(first: 100) { nodes { id } } } } } }', {}],
    [
      'a size in a variable',
      'query ($n: Int) { menu { items(first: $n) { nodes { reviews(first: $n) { nodes { id } } } } } }',
      { n: 100 },
    ],
    ['a size beyond all bounds', '{ menu { items(first: 2147483647) { nodes { id } } } }', {}],
    [
      'fifty pages',
      `{ ${Array.from({ length: 40 }, (_, i) => `a${i}: menu { items(first: 100) { nodes { id } } }`).join(' ')} quotes(count: 100) { elapsed quotes { price } } a: quotes(count: 100) { quotes { price } } b: quotes(count: 100) { quotes { price } } c: quotes(count: 100) { quotes { price } } d: quotes(count: 100) { quotes { price } } }`,
      {},
    ],
    ['10,000 IDs', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(10_000).fill(btoa('Item:1')) }],
  ])('%s', async (_, query, variables) => {
    const replies = await withstand(target, () => flood(10, () => post(target.url, { query, variables })));
    expectRefused(replies, 400, TOO_COSTLY);
    expect(JSON.parse(replies[0]?.body ?? '').extensions.cost).toMatchObject({ actualQueryCost: null });
  });
});

test('who has used up all points waits, and others do not', async () => {
  const stranger = { 'x-forwarded-for': '203.0.113.1' };
  const { result: replies, failures } = await underAttack(target, () =>
    flood(120, () => post(target.url, { query: PAGE }, stranger)),
  );
  expect(failures).toEqual([]);
  replies.forEach(expectDiscreet);
  const throttled = replies.filter(({ status }) => status === 429);
  expectRefused(throttled, 429, THROTTLED);
  expect(Number(throttled[0]?.headers['retry-after'])).toBeGreaterThan(0);
  expect((await post(target.url, { query: PAGE }, { 'x-forwarded-for': '203.0.113.2' })).status).toBe(200);
});

test('who says to come from elsewhere each time has the points of where the proxy says', async () => {
  const from = (index: number) => ({ 'x-forwarded-for': `10.0.0.${index}, 203.0.113.3` });
  const replies = await flood(120, (index) => post(target.url, { query: PAGE }, from(index)));
  expect(replies.some(({ status }) => status === 429)).toBe(true);
});

test('all that may be asked for at once harms nobody', async () => {
  const conditions = Array.from({ length: 199 }, (_, i) => ({
    name: { [i % 2 ? 'contains' : 'endsWith']: `ribs ${i}` },
  }));
  const sets = Array.from(
    { length: 40 },
    (_, i) => `a${i}: menu(where: $w) { count exists first { id } last { id } price { sum } }`,
  );
  let shape = 0;
  const ask = () =>
    post(target.url, {
      query: `query ($w: ItemWhere) { ${sets.join(' ')} }`,
      variables: { w: { or: [...conditions, { and: Array.from({ length: ++shape % 9 }, () => ({})) }].slice(-199) } },
    });
  for (const reply of await withstand(target, () => flood(4, ask))) expectDiscreet(reply);
});
