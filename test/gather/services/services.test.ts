import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type ServiceClients } from '../../../src/gather/services/define-service.ts';
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
    expect(await clients.services.ratings.pick(signal)).toMatchObject({
      title: 'Book of the day',
      isbn: 'ISBN-00007',
    });
  });

  it('is nothing where there is none today', async () => {
    services.ratings.answer = { status: 204 };
    expect(await clients.services.ratings.pick(signal)).toBeUndefined();
  });
});

it('arrivals come with an ISBN and a reason', async () => {
  const list = await clients.services.shelves.arrivals(signal);
  expect(list).toHaveLength(5);
  expect(list[0]).toEqual({ isbn: 'ISBN-00001', reason: 'Reason 1' });
  expect(services.shelves.requests).toEqual(['/arrivals']);
});

describe.each(['ratings', 'shelves'] as const)('%s', (name) => {
  const ask = (isbns: string[]) => clients.services[name].byIsbn(isbns, signal);

  it('gives a value for each known ISBN in one request', async () => {
    const values = await ask(['ISBN-00002', 'ISBN-00001', 'unknown']);
    expect([...values.keys()].sort()).toEqual(['ISBN-00001', 'ISBN-00002']);
    expect(services[name].requests).toHaveLength(1);
  });

  it('takes 100 at a time, and fewer where they are long', async () => {
    const known = Array.from({ length: 150 }, (_, index) => `ISBN-${String(index + 1).padStart(5, '0')}`);
    const long = Array.from({ length: 20 }, (_, index) => `${index}${'本'.repeat(62)}`);
    expect((await ask([...known, ...long])).size).toBe(150);
    const requests = services[name].requests.map((path) => path.split('isbns=')[1] ?? '');
    expect(requests.length).toBe(4);
    expect(requests.every((list) => list.length <= 6000 && list.split(',').length <= 100)).toBe(true);
  });

  it('keeps apart ISBNs that contain a comma or an ampersand', async () => {
    expect([...(await ask(['ISBN-00001,ISBN-00002', 'a&isbns=ISBN-00003', 'ISBN-00004'])).keys()]).toEqual([
      'ISBN-00004',
    ]);
  });

  it('refuses an answer that is not as in the contract', async () => {
    services[name].answer = { status: 200, body: { ratings: { a: 'good' }, shelves: { a: 5 } } };
    expect((await ask(['a'])).get('a')).toMatchObject({ code: 'UPSTREAM_INVALID', source: name });
  });
});

describe('ratings', () => {
  it('give the opinion of a critic', async () => {
    expect(await clients.services.ratings.opinion(3, signal)).toEqual({ critic: 'Critic 3', rating: 4 });
  });

  it('answer 500 calls at once', async () => {
    const allAsked = Promise.withResolvers<void>();
    services.ratings.gate = allAsked.promise;
    const patient = createServices(definitions, {
      ratings: { url: services.urls.ratings, timeoutMs: 60_000 },
      shelves: { url: services.urls.shelves },
    });
    const answers = Array.from({ length: 500 }, (_, number) => patient.services.ratings.opinion(number % 10, signal));
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
    const [ratings, shelves] = await Promise.all([
      clients.services.ratings.byIsbn(['ISBN-00001'], signal),
      clients.services.shelves.byIsbn(['ISBN-00001'], signal),
    ]);
    expect(ratings.get('ISBN-00001')).toMatchObject({ code, source: 'ratings' });
    expect(shelves.get('ISBN-00001')).toBe('Shelf 1');
    expect(services.ratings.requests).toHaveLength(requests);

    services.ratings.fault = undefined;
    expect((await clients.services.ratings.byIsbn(['ISBN-00001'], signal)).size).toBe(1);
  },
);

it('the state shows each service', () => {
  const idle = { running: 0, queued: 0, breaker: 'closed' };
  expect(clients.state()).toEqual({ ratings: idle, shelves: idle });
});
