import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
afterAll(() => gather.close());

const ITEM = `fragment Page on Item {
  sku name supplier { name } reviews(first: 5) { nodes { rating customer { name } } } currentPrice stock
}`;

test('a page of twenty items costs four statements and two calls', async () => {
  const { data, errors } = await gather.query(`{ menu { items(first: 20) { nodes { ...Page } } } } ${ITEM}`);
  expect(errors).toBeUndefined();
  const { nodes } = data.menu.items;
  expect(nodes).toHaveLength(20);
  expect(nodes.every((node: Record<string, unknown>) => node.supplier && node.currentPrice && node.stock !== null)).toBe(true);
  expect(nodes[0].reviews.nodes).toHaveLength(5);
  const { statements, requests } = gather.cost();
  expect(statements).toHaveLength(4);
  expect(requests).toHaveLength(2);
});
