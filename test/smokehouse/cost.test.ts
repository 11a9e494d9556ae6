import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
afterAll(() => gather.close());

test.each([
  ['{ quotes(count: 3) { elapsed } }', 32], // 10 for each quote that is made, 1 for the round, a tenth for a scalar
  ['{ menu { count price { average } } }', 13], // 1 + 5.1 + 5 + 1.1
  ['{ menu { items(first: 3) { totalCount nodes { averageRating } } } }', 14], // 2 + 5.1 + 3 * 2.1
  ['{ menu(where: { name: { eq: "x" } }) { exists } }', 12], // 1.1 + 10 for the condition
  ['{ menu(where: { name: { contains: "x" } }) { exists } }', 22], // 1.1 + 20: no index serves it
  ['{ menu { items(first: 3) { nodes { description } } } }', 9], // 2 + 3 * 2.1
])('the schema prices what is expensive: %s', async (query, points) => {
  const { extensions } = await gather.query(query);
  expect(extensions).toHaveProperty('cost.requestedQueryCost', points);
});
