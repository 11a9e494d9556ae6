import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type ServiceClients } from '../../../src/gather/services/define-service.ts';
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
    expect(await clients.services.promo.today(signal)).toMatchObject({ title: 'Brisket week', sku: 'SKU-00042' });
  });

  it('gives nothing when there is no promotion', async () => {
    services.promo.answer = { status: 204 };
    expect(await clients.services.promo.today(signal)).toBeUndefined();
  });
});

it('recommendations are as many as asked for', async () => {
  const list = await clients.services.recommendations.list({ limit: 3 }, signal);
  expect(list).toHaveLength(3);
  expect(list[0]).toEqual({ sku: expect.stringMatching(/^SKU-/), reason: expect.any(String) });
  expect(services.recommendations.requests).toEqual(['/recommendations?limit=3']);
});

describe.each(['pricing', 'inventory'] as const)('%s', (name) => {
  const ask = (skus: string[]) =>
    name === 'pricing'
      ? clients.services.pricing.pricesBySku(skus, signal)
      : clients.services.inventory.stockBySku(skus, signal);

  it('gives a value for each known SKU in one request', async () => {
    const values = await ask(['SKU-00002', 'SKU-00001', 'SKU-99999']);
    expect([...values.keys()].sort()).toEqual(['SKU-00001', 'SKU-00002']);
    expect(services[name].requests).toHaveLength(1);
  });

  it('takes 100 at a time, and fewer where they are long; those of a call that fails have its error', async () => {
    const known = Array.from({ length: 150 }, (_, index) => `SKU-${String(index + 1).padStart(5, '0')}`);
    const long = Array.from({ length: 20 }, (_, index) => `${index}${'燻'.repeat(62)}`);
    expect((await ask([...known, ...long])).size).toBe(150);
    const requests = services[name].requests.map((path) => path.split('skus=')[1] ?? '');
    expect(requests.length).toBe(4);
    expect(requests.every((list) => list.length <= 6000 && list.split(',').length <= 100)).toBe(true);
  });

  it('keeps apart SKUs that contain a comma or an ampersand', async () => {
    expect([...(await ask(['SKU-00001,SKU-00002', 'a&skus=SKU-00003', 'SKU-00004'])).keys()]).toEqual(['SKU-00004']);
  });

  it('refuses an answer that is not as in the contract', async () => {
    services[name].answer = { status: 200, body: { prices: { a: 'free' }, stock: { a: -1 } } };
    expect((await ask(['a'])).get('a')).toMatchObject({ code: 'UPSTREAM_INVALID', source: name });
  });
});

describe('suppliers', () => {
  it('give a quote', async () => {
    expect(await clients.services.suppliers.quote(0, signal)).toEqual({
      supplier: 'Oak & Ember',
      price: expect.stringMatching(/^\d+\.\d\d$/),
    });
  });

  it('that are closed say so and do not keep others from answering', async () => {
    for (let count = 0; count < 15; count++) {
      await expect(clients.services.suppliers.quote(19, signal)).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        message: 'Supplier 19 is closed.',
        source: 'suppliers',
        retryable: true,
      });
    }
    expect(services.suppliers.requests).toHaveLength(15);
    expect(await clients.services.suppliers.quote(1, signal)).toMatchObject({ supplier: 'Hickory Hollow' });
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
    const answers = Array.from({ length: 500 }, (_, number) => patient.services.suppliers.quote(number % 10, signal));
    await eventually(() => expect(services.suppliers.open).toHaveLength(500));
    allAsked.resolve();
    await Promise.all(answers);
    await patient.close();
  });
});
