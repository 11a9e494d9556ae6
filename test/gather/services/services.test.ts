import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type ServiceClients } from '../../../src/gather/services/create-services.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startServices, type TestServices } from '../../helpers/services.ts';
import { services as definitions } from '../library/services/index.ts';

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
    ratings: { url: services.urls.ratings, timeoutMs: 1500 },
    shelves: { url: services.urls.shelves, timeoutMs: 1500 },
  });
  return () => clients.close();
});

describe('the book of the day', () => {
  it('is what its service says', async () => {
    expect(await clients.bind(signal).ratings.getPick()).toMatchObject({
      title: 'Book of the day',
      isbn: 'ISBN-00007',
    });
  });

  it('is nothing where there is none today', async () => {
    services.ratings.answer = { status: 204 };
    expect(await clients.bind(signal).ratings.getPick()).toBeUndefined();
  });
});

it('arrivals come with an ISBN and a reason', async () => {
  const { arrivals } = await clients.bind(signal).shelves.getArrivals();
  expect(arrivals).toHaveLength(5);
  expect(arrivals[0]).toEqual({ isbn: 'ISBN-00001', reason: 'Reason 1' });
  expect(services.shelves.requests).toEqual(['/arrivals']);
});

describe.each(['ratings', 'shelves'] as const)('%s', (name) => {
  const ask = (isbns: string[]) => {
    const bound = clients.bind(signal);
    return name === 'ratings' ? bound.ratings.getRatings.byKey(isbns) : bound.shelves.getShelves.byKey(isbns);
  };
  const [first, second] = name === 'ratings' ? [1.5, 2] : ['Shelf 1', 'Shelf 2'];

  it('gives a value for each known ISBN in one request, in their order, and null for the others', async () => {
    expect(await ask(['ISBN-00002', 'unknown', 'ISBN-00001', 'ISBN-00002'])).toEqual([second, null, first, second]);
    expect(services[name].requests).toEqual([`/${name}?isbns=ISBN-00002,unknown,ISBN-00001`]);
  });

  it('takes 100 at a time, and fewer where they are long', async () => {
    const known = Array.from({ length: 150 }, (_, index) => `ISBN-${String(index + 1).padStart(5, '0')}`);
    const long = Array.from({ length: 20 }, (_, index) => `${index}${'本'.repeat(62)}`);
    expect((await ask([...known, ...long])).filter((value) => value !== null)).toHaveLength(150);
    const requests = services[name].requests.map((path) => path.split('isbns=')[1] ?? '');
    expect(requests.length).toBe(4);
    expect(requests.every((list) => list.length <= 6000 && list.split(',').length <= 100)).toBe(true);
  });

  it('keeps apart ISBNs that contain a comma or an ampersand', async () => {
    const values = await ask(['ISBN-00001,ISBN-00002', 'a&isbns=ISBN-00003', 'ISBN-00001']);
    expect(values).toEqual([null, null, first]);
  });

  it('refuses an answer that is not as in the contract', async () => {
    services[name].answer = { status: 200, body: { ratings: { a: 'good' }, shelves: { a: 5 } } };
    expect(await ask(['a'])).toMatchObject([{ code: 'UPSTREAM_INVALID', source: name }]);
  });
});

describe('ratings', () => {
  it('give the opinion of a critic', async () => {
    expect(await clients.bind(signal).ratings.getOpinion({ path: { number: 3 } })).toEqual({
      critic: 'Critic 3',
      rating: 4,
    });
  });

  it('answer 500 calls at once', async () => {
    const allAsked = Promise.withResolvers<void>();
    services.ratings.gate = allAsked.promise;
    const patient = createServices(definitions, {
      ratings: { url: services.urls.ratings, timeoutMs: 60_000 },
      shelves: { url: services.urls.shelves },
    });
    const { ratings } = patient.bind(signal);
    const answers = Array.from({ length: 500 }, (_, number) => ratings.getOpinion({ path: { number: number % 10 } }));
    await eventually(() => expect(services.ratings.open).toHaveLength(500));
    allAsked.resolve();
    await Promise.all(answers);
    await patient.close();
  });
});

it.each([
  ['hang', 'UPSTREAM_TIMEOUT', 1],
  ['reset', 'UPSTREAM_UNAVAILABLE', 3],
  ['dead', 'UPSTREAM_UNAVAILABLE', 0],
  ['error', 'UPSTREAM_UNAVAILABLE', 1],
  ['garbage', 'UPSTREAM_INVALID', 1],
  ['huge', 'UPSTREAM_INVALID', 1],
] as const)(
  'a service with the fault "%s" fails with %s and leaves the others alone',
  async (fault, code, requests) => {
    services.ratings.fault = fault;
    const bound = clients.bind(signal);
    const [ratings, shelves] = await Promise.all([
      bound.ratings.getRatings.byKey(['ISBN-00001']),
      bound.shelves.getShelves.byKey(['ISBN-00001']),
    ]);
    expect(ratings).toMatchObject([{ code, source: 'ratings' }]);
    expect(shelves).toEqual(['Shelf 1']);
    expect(services.ratings.requests).toHaveLength(requests);

    services.ratings.fault = undefined;
    expect(await bound.ratings.getRatings.byKey(['ISBN-00001'])).toEqual([1.5]);
  },
);

it('the state shows each service', () => {
  const idle = { running: 0, queued: 0, breaker: 'closed' };
  expect(clients.state()).toEqual({ ratings: idle, shelves: idle });
});
