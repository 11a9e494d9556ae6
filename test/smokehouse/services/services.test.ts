import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type ServiceClients } from '../../../src/gather/services/create-services.ts';
import { services as definitions } from '../../../src/smokehouse/services/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startServices, type TestServices } from '../../helpers/services.ts';

const { signal } = new AbortController();
let services: TestServices;
let clients: ServiceClients;

beforeAll(async () => {
  services = await startServices();
});

afterAll(() => services.close());

beforeEach(() => {
  services.reset();
  clients = createServices(definitions, {
    promo: { url: services.urls.promo, timeoutMs: 1500 },
    recommendations: { url: services.urls.recommendations, timeoutMs: 1500 },
    pricing: { url: services.urls.pricing, timeoutMs: 1500 },
    inventory: { url: services.urls.inventory, timeoutMs: 1500 },
    suppliers: { url: services.urls.suppliers, timeoutMs: 1500 },
  });
  return () => clients.close();
});

describe('promo', () => {
  it('gives the promotion of the day', async () => {
    expect(await clients.bind(signal).promo.getPromo()).toMatchObject({ title: 'Brisket week', sku: 'SKU-00042' });
  });

  it('gives nothing when there is no promotion', async () => {
    services.promo.answer = { status: 204 };
    expect(await clients.bind(signal).promo.getPromo()).toBeUndefined();
  });
});

it('recommendations are as many as asked for', async () => {
  const bound = clients.bind(signal);
  const { recommendations: list } = await bound.recommendations.getRecommendations({ query: { limit: 3 } });
  expect(list).toHaveLength(3);
  expect(list[0]).toEqual({ sku: expect.stringMatching(/^SKU-/), reason: expect.any(String) });
  expect(services.recommendations.requests).toEqual(['/recommendations?limit=3']);
});

describe.each(['pricing', 'inventory'] as const)('%s', (name) => {
  const ask = (skus: string[]): Promise<unknown[]> => {
    const { pricing, inventory } = clients.bind(signal);
    return name === 'pricing' ? pricing.getPrices.byKey(skus) : inventory.getStock.byKey(skus);
  };
  const isKnown = (value: unknown) => value !== null;

  it('gives a value for each known SKU in one request, in their order, and null for the others', async () => {
    const values = await ask(['SKU-00002', 'SKU-99999', 'SKU-00001']);
    expect(values.map(isKnown)).toEqual([true, false, true]);
    expect(values[2]).toEqual((await ask(['SKU-00001']))[0]);
    expect(services[name].requests).toHaveLength(2);
  });

  it('takes 100 at a time, and fewer where they are long; those of a call that fails have its error', async () => {
    const known = Array.from({ length: 150 }, (_, index) => `SKU-${String(index + 1).padStart(5, '0')}`);
    const long = Array.from({ length: 20 }, (_, index) => `${index}${'燻'.repeat(62)}`);
    expect((await ask([...known, ...long])).filter(isKnown)).toHaveLength(150);
    const requests = services[name].requests.map((path) => path.split('skus=')[1] ?? '');
    expect(requests.length).toBe(4);
    expect(requests.every((list) => list.length <= 6000 && list.split(',').length <= 100)).toBe(true);
  });

  it('keeps apart SKUs that contain a comma or an ampersand', async () => {
    const values = await ask(['SKU-00001,SKU-00002', 'a&skus=SKU-00003', 'SKU-00004']);
    expect(values.map(isKnown)).toEqual([false, false, true]);
  });

  it('refuses an answer that is not as in the contract', async () => {
    services[name].answer = { status: 200, body: { prices: { a: 'free' }, stock: { a: -1 } } };
    expect(await ask(['a'])).toMatchObject([{ code: 'UPSTREAM_INVALID', source: name }]);
  });
});

describe('suppliers', () => {
  const quote = (number: number) => clients.bind(signal).suppliers.getQuote({ path: { number } });

  it('give a quote', async () => {
    expect(await quote(0)).toEqual({
      supplier: 'Oak & Ember',
      price: expect.stringMatching(/^\d+\.\d\d$/),
    });
  });

  it('that are closed say so and do not keep others from answering', async () => {
    for (let count = 0; count < 15; count++) {
      await expect(quote(19)).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        status: 503,
        message: 'suppliers answered GET /suppliers/19/quote with status 503 (The supplier is closed); expected 200.',
        source: 'suppliers',
        retryable: true,
      });
    }
    expect(services.suppliers.requests).toHaveLength(15);
    expect(await quote(1)).toMatchObject({ supplier: 'Hickory Hollow' });
  });

  it('answer 500 calls at once', async () => {
    const allAsked = Promise.withResolvers<void>();
    services.suppliers.gate = allAsked.promise;
    const patient = createServices(definitions, {
      promo: { url: services.urls.promo },
      recommendations: { url: services.urls.recommendations },
      pricing: { url: services.urls.pricing },
      inventory: { url: services.urls.inventory },
      suppliers: { url: services.urls.suppliers, timeoutMs: 60_000 },
    });
    const { suppliers } = patient.bind(signal);
    const answers = Array.from({ length: 500 }, (_, number) => suppliers.getQuote({ path: { number: number % 10 } }));
    await eventually(() => expect(services.suppliers.open).toHaveLength(500));
    allAsked.resolve();
    await Promise.all(answers);
    await patient.close();
  });
});
