import { afterAll, beforeAll, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';
let gather: TestApp;
beforeAll(async () => { gather = await startTestApp(); });
afterAll(() => gather.close());
const P = `fragment Page on Item { sku name supplier { name } reviews(first: 5) { nodes { rating customer { name } } } currentPrice stock }`;
test('probe', async () => {
  const id = btoa('Item:7');
  for (let i = 0; i < 4; i++) {
    gather.services.reset(); gather.cost();
    const q = `{ a: item(by: {sku: "SKU-00042"}) {...Page} b: item(by: {id: "${id}"}) {...Page} menu { first {...Page} items(first: 20) { nodes {...Page} } } } ${P}`;
    const r = await gather.query(q);
    const c = gather.cost();
    console.log(r.errors, c.statements.length, c.requests.length, c.statements.map((s) => s.replace(/\s+/g, ' ').slice(0, 120)), r.extensions?.timing.calls.map((c: any) => `${c.name} ${c.keys} ${c.start} ${c.duration}`));
  }
});
