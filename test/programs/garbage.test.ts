import { expect, test } from 'vitest';
import { startExampleServices } from '../../src/smokehouse/example-services/index.ts';
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
const PAGE_WITH_SERVICES = PAGE.replace('sku name', 'sku name currentPrice stock');

/** One at a time, so that each collection should find no more than one. */
test('requests are collected young: nothing keeps them once they are answered', { timeout: 60_000 }, async () => {
  expect(await promotedShare({ page: PAGE, requests: 600, atATime: 1, semiSpaceMb: 8 })).toBeLessThan(0.03);
});

/** Each collection finds some that wait for a service. After some thousands of them, V8 would create parts of them old. */
test('… also where many requests are under way', { timeout: 120_000 }, async () => {
  const services = await startExampleServices();
  try {
    const settings = Object.fromEntries(
      Object.entries(services.urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]),
    );
    const many = { page: PAGE_WITH_SERVICES, requests: 5000, atATime: 32, semiSpaceMb: 32 };
    expect(await promotedShare({ ...many, settings })).toBeLessThan(0.03);
  } finally {
    await services.close();
  }
});

interface Load {
  page: string;
  requests: number;
  atATime: number;
  semiSpaceMb: number;
  settings?: Readonly<Record<string, string>>;
}

/** Sends requests to a server of its own. @returns how much of what was allocated at last became old */
async function promotedShare({ page, requests, atATime, semiSpaceMb, settings = SERVICES }: Load): Promise<number> {
  const database = await createTestDatabase();
  const { databaseUrl } = database;
  const all = { ...SERVICES, ...settings, PORT: '0', DATABASE_URL: databaseUrl, COST_BUCKET: '1000000000' };
  try {
    const flags = ['--trace-gc', '--trace-gc-nvp', `--max-semi-space-size=${semiSpaceMb}`];
    await using server = new Program(process.execPath, [...flags, 'src/main.ts', 'serve'], all);
    const url = await server.url();
    let left = requests;
    const send = async () => {
      while (left-- > 0) {
        const { errors } = await ask(url, page);
        expect(errors).toBeUndefined();
      }
    };
    await Promise.all(Array.from({ length: atATime }, send));
    const collections = [...server.stdout.matchAll(COLLECTION)].map(([, allocated, promoted]) => ({
      allocated: Number(allocated),
      promoted: Number(promoted),
    }));
    // Later ones: what the server keeps of its first requests, such as plans and compiled code, is old by then.
    const last = collections.slice(-10);
    const sum = (key: 'allocated' | 'promoted') => last.reduce((total, it) => total + it[key], 0);
    expect(sum('allocated')).toBeGreaterThan(10_000_000);
    return sum('promoted') / sum('allocated');
  } finally {
    await database.drop();
  }
}
