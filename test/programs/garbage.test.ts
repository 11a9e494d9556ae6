import { expect, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { ask, Program } from '../helpers/program.ts';

const SERVICES = Object.fromEntries(
  ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'].map((name) => [
    `${name}_URL`,
    'http://127.0.0.1:1',
  ]),
);
/** What V8 prints of a collection, with --trace-gc-nvp. */
const COLLECTION = /"gc":"s".*?"allocated":(\d+),"promoted":(\d+)/g;
const PAGE = `{ menu { items(first: 20) { nodes {
  sku name supplier { name } reviews(first: 5) { nodes { rating text customer { name } } }
} } } }`;
const REQUESTS = 600;

/** One at a time, so that each collection should find no more than one. */
test('requests are collected young: nothing keeps them once they are answered', { timeout: 60_000 }, async () => {
  const database = await createTestDatabase();
  const settings = {
    ...SERVICES,
    PORT: '0',
    DATABASE_URL: database.databaseUrl,
    COST_BUCKET: '1000000000',
  };
  try {
    const flags = ['--trace-gc', '--trace-gc-nvp', '--max-semi-space-size=8'];
    await using server = new Program(process.execPath, [...flags, 'src/main.ts', 'serve'], settings);
    const url = await server.url();
    for (let request = 0; request < REQUESTS; request++) {
      const { errors } = await ask(url, PAGE);
      expect(errors).toBeUndefined();
    }
    const collections = [...server.stdout.matchAll(COLLECTION)].map(([, allocated, promoted]) => ({
      allocated: Number(allocated),
      promoted: Number(promoted),
    }));
    // Later ones: what the server keeps of its first requests, such as plans and compiled code, is old by then.
    const last = collections.slice(-10);
    const sum = (key: 'allocated' | 'promoted') => last.reduce((total, it) => total + it[key], 0);
    expect(sum('allocated')).toBeGreaterThan(10_000_000);
    expect(sum('promoted') / sum('allocated')).toBeLessThan(0.03);
  } finally {
    await database.drop();
  }
});
