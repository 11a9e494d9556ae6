import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
afterAll(() => gather.close());

const BACK = 'reviews(first: 1) { nodes { item { sku name } } }';

test.each([
  ['an item read by its SKU', `item(by: { sku: "SKU-00001" }) { sku ${BACK} }`],
  ['items of a page', `menu { items(first: 5) { nodes { sku ${BACK} } } }`],
  ['featured items', `home { featured(first: 5) { sku ${BACK} } }`],
])('%s is not read again by its ID', async (_, selection) => {
  const { errors } = await gather.query(`{ ${selection} }`);
  expect(errors).toBeUndefined();
  expect(gather.cost().statements).toHaveLength(2);
});

test('items of a supplier are not read again by their IDs', async () => {
  const { errors } = await gather.query(
    `{ item(by: { sku: "SKU-00001" }) { supplier { items(first: 3) { nodes { ${BACK} } } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(gather.cost().statements).toHaveLength(4);
});

test('what is read after a change is read anew', async () => {
  const { data } = await gather.query('{ item(by: { sku: "SKU-00001" }) { id name } }');
  gather.cost();
  const change = (name: string) =>
    `updateItem(input: { id: "${data.item.id}", name: "${name}" }) { item { name reviews(first: 1) { nodes { item { name } } } } }`;
  const answer = await gather.query(`mutation { a: ${change('Trout')} b: ${change('Eel')} }`);
  expect(answer.data.a.item.reviews.nodes[0].item.name).toBe('Trout');
  expect(answer.data.b.item.reviews.nodes[0].item.name).toBe('Eel');
});
