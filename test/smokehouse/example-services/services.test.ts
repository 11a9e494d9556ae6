import { glob, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { RunningExamples } from '../../../src/gather/app.ts';
import { createCheck } from '../../../src/gather/services/check.ts';
import type { Contract, OperationContract } from '../../../src/gather/services/contract.ts';
import { type ServiceName, startExampleServices } from '../../../src/smokehouse/example-services/index.ts';
import { contracts } from '../../../src/smokehouse/generated/services.ts';

const skus = (count: number) => Array.from({ length: count }, (_, at) => `SKU-${String(at).padStart(5, '0')}`).join();

let services: RunningExamples;

beforeAll(async () => {
  services = await startExampleServices();
});

afterAll(() => services.close());

const get = (name: ServiceName, path: string) => fetch(services.urls[name] + path);

describe('each answer is as in the contract', () => {
  it.each([
    ['promo', '/promo', 'getPromo'],
    ['recommendations', '/recommendations', 'getRecommendations'],
    ['recommendations', '/recommendations?limit=50&viewer=7', 'getRecommendations'],
    ['pricing', `/prices?skus=${skus(100)}`, 'getPrices'],
    ['inventory', `/stock?skus=${skus(100)}`, 'getStock'],
    ['suppliers', '/suppliers/0/quote', 'getQuote'],
    ['suppliers', '/smokables', 'getSmokables'],
    ['suppliers', '/flavor', 'getFlavor'],
  ] as const)('%s %s', async (name, path, operationId) => {
    const response = await get(name, path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const { operations, definitions }: Contract = contracts[name];
    const operation = Object.entries<OperationContract>(operations).find(([id]) => id === operationId)?.[1];
    const check = createCheck({ ...operation?.answers[200], definitions });
    check(await response.json());
    expect(check.errors).toBeNull();
  });

  it('for every path that the contract has', async () => {
    const files = await Array.fromAsync(glob('services/*.openapi.yaml'));
    const documents = await Promise.all(files.map(async (file) => parse(await readFile(file, 'utf8'))));
    const tried = [
      '/promo',
      '/recommendations',
      '/prices',
      '/stock',
      '/suppliers/{number}/quote',
      '/smokables',
      '/flavor',
    ];
    expect(documents.flatMap(({ paths }) => Object.keys(paths)).sort()).toEqual(tried.sort());
  });
});

it.each([
  ['pricing', '/prices'],
  ['inventory', '/stock'],
] as const)('%s refuses no SKUs and more than 100 of them', async (name, path) => {
  expect((await get(name, path)).status).toBe(400);
  expect((await get(name, `${path}?skus=`)).status).toBe(400);
  expect((await get(name, `${path}?skus=${skus(101)}`)).status).toBe(400);
});

it('prices are plausible, may be kept for a second, and are there for SKU-00001 to SKU-01000 only', async () => {
  const response = await get('pricing', '/prices?skus=SKU-00000,SKU-00001,SKU-01000,SKU-01001,%zz,SKU-1');
  expect(response.headers.get('cache-control')).toBe('max-age=1');
  const { prices } = await response.json();
  expect(Object.keys(prices)).toEqual(['SKU-00001', 'SKU-01000']);
  for (const price of Object.values(prices)) expect(Number(price)).toSatisfy((value) => value >= 1 && value <= 200);
});

it('the same question has the same answer', async () => {
  const [first, second] = await Promise.all([
    get('pricing', `/prices?skus=${skus(50)}`).then((response) => response.text()),
    get('pricing', `/prices?skus=${skus(50)}`).then((response) => response.text()),
  ]);
  expect(first).toBe(second);
});

it('recommends each item once, and ten unless asked otherwise', async () => {
  const { recommendations } = await (await get('recommendations', '/recommendations')).json();
  expect(new Set(recommendations.map(({ sku }: { sku: string }) => sku)).size).toBe(10);
});

it('suppliers take about a second; one in twenty is closed, none of the first ten', async () => {
  const start = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, number) => (await get('suppliers', `/suppliers/${number}/quote`)).status),
  );
  expect(performance.now() - start).toBeGreaterThan(990);
  expect(statuses.filter((status) => status === 503)).toHaveLength(5);
  expect(statuses.slice(0, 10).every((status) => status === 200)).toBe(true);
});

it.each(['/', '//', '/nothing', '/prices/', '/suppliers/-1/quote', '/suppliers/x/quote'])(
  '%s is not found',
  async (path) => {
    for (const name of ['promo', 'recommendations', 'pricing', 'inventory', 'suppliers'] as const) {
      expect((await get(name, path)).status).toBe(404);
    }
  },
);

it('listens from the first port on', async () => {
  const { services: started, firstPort } = await startOnFivePorts();
  expect(Object.values(started.urls).map((url: string) => Number(new URL(url).port) - firstPort)).toEqual([
    0, 1, 2, 3, 4,
  ]);
  await started.close();
});

it('leaves nothing behind where a port is taken', async () => {
  const { services: started, firstPort } = await startOnFivePorts();
  await started.close();
  const taken = createServer().listen(firstPort + 2, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const failure = startExampleServices({ firstPort });
  await expect(failure).rejects.toMatchObject({ code: 'EADDRINUSE', port: firstPort + 2 });
  await expect(fetch(`http://127.0.0.1:${firstPort}/promo`)).rejects.toThrow();
  await new Promise((resolve) => taken.close(resolve));
});

it('closes at once with requests under way', async () => {
  const { urls, close } = await startExampleServices();
  const answer = fetch(`${urls.suppliers}/smokables`).catch((error: Error) => error);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await close();
  expect(await answer).toBeInstanceOf(Error);
});

/** Below the ports that the system hands out; tried again where something listens there. */
async function startOnFivePorts(): Promise<{ services: RunningExamples; firstPort: number }> {
  const firstPort = 15_000 + Math.floor(Math.random() * 15_000);
  try {
    return { services: await startExampleServices({ firstPort }), firstPort };
  } catch {
    return startOnFivePorts();
  }
}
