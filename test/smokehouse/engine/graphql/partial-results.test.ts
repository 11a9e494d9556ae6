import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, PATIENT, startTestApp, type TestApp } from '../../../helpers/app.ts';
import type { Fault } from '../../../helpers/services.ts';

type Data = Answer['data'];
type Path = (string | number)[];

/** Far below the deadline of the operation, which a page would come to that waits for its slowest service. */
const TIMEOUT_MS = 1000;
const ITEMS = 5;

const PAGE = `{
  home { promo { title } recommendations { reason item { sku } } featured(first: 3) { sku name } }
  menu { items(first: ${ITEMS}) { nodes { sku supplier { name } reviews(first: 2) { nodes { rating } } currentPrice stock } } }
}`;

const timeout = { code: 'UPSTREAM_TIMEOUT', retryable: true };
const unavailable = { code: 'UPSTREAM_UNAVAILABLE', retryable: true };
const invalid = { code: 'UPSTREAM_INVALID', retryable: false };

const FAULTS: [Fault, typeof timeout][] = [
  ['hang', timeout],
  ['reset', unavailable],
  ['error', unavailable],
  ['garbage', invalid],
  ['huge', invalid],
  ['dead', unavailable],
];

/** Each service with the fields that read it. */
const SERVICES = [
  ['promo', [['home', 'promo']]],
  ['recommendations', [['home', 'recommendations']]],
  ['pricing', pathsToEach('currentPrice')],
  ['inventory', pathsToEach('stock')],
] as const satisfies [string, Path[]][];

let gather: TestApp;
let complete: Data;

beforeAll(async () => {
  const healthy = await startTestApp(PATIENT);
  const { data, errors } = await healthy.query(PAGE);
  await healthy.close();
  expect(errors).toBeUndefined();
  complete = data;
});

// A new server for each test, because a breaker remembers what happened before.
beforeEach(async () => {
  gather = await startTestApp({ ...PATIENT, serviceTimeoutMs: TIMEOUT_MS });
});
afterEach(() => gather.close());

describe.each(SERVICES)('when %s fails', (service, paths) => {
  test.each(FAULTS)(
    'its own fields are null and the rest of the page is there in time: %s',
    async (fault, extensions) => {
      gather.services[service].fault = fault;
      const { data, errors = [] } = await gather.query(PAGE);
      expect(data).toEqual(withNulls(complete, paths));
      expect(errors.map(({ path }) => path)).toEqual(paths);
      for (const error of errors) expect(error.extensions).toEqual({ ...extensions, source: service, service });
    },
  );
});

test.each(FAULTS)(
  'when suppliers fail, each quote says so and the rest of the page is there in time: %s',
  async (fault) => {
    gather.services.suppliers.fault = fault;
    const { data, errors } = await gather.query(
      `{ quotes(count: 3) { quotes { supplier price error } } ${PAGE.slice(1)}`,
    );
    expect(errors).toBeUndefined();
    const { quotes, ...rest } = data;
    expect(rest).toEqual(complete);
    expect(quotes.quotes).toEqual(
      [0, 1, 2].map((number) => ({
        supplier: `Supplier ${number}`,
        price: null,
        error: expect.stringMatching(/^suppliers .+\.$/),
      })),
    );
  },
);

test('all services may fail at once', async () => {
  for (const [service] of SERVICES) gather.services[service].fault = 'hang';
  const { data, errors } = await gather.query(PAGE);
  const paths = SERVICES.flatMap(([, each]) => each);
  expect(data).toEqual(withNulls(complete, paths));
  expect(errors).toHaveLength(paths.length);
});

test('a service that fails for one batch of keys costs the fields of that batch', async () => {
  const { data: all } = await gather.query(
    '{ menu { items(first: 100) { nodes { id } } more: items(last: 100) { nodes { id } } } }',
  );
  const ids = [...all.menu.items.nodes, ...all.menu.more.nodes].map(({ id }) => id);
  gather.services.pricing.fault = 'garbage';
  gather.services.pricing.isFaulty = (path) => path.includes('SKU-00150');
  const { data, errors = [] } = await gather.query(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Item { currentPrice } } }',
    { ids },
  );
  expect(data.nodes.filter(({ currentPrice }: Data) => currentPrice === null)).toHaveLength(100);
  expect(errors).toHaveLength(100);
});

test('one key that is not there does not cost the others', async () => {
  const { data, errors } = await gather.query(`{
    known: item(by: { sku: "SKU-00001" }) { currentPrice stock }
    unknown: item(by: { sku: "SKU-99999" }) { currentPrice }
    nodes(ids: ["nonsense"]) { id }
  }`);
  expect(data.known).toEqual({ currentPrice: expect.any(String), stock: expect.any(Number) });
  expect(data.unknown).toBeNull();
  expect(data.nodes).toEqual([null]);
  expect(errors).toMatchObject([{ path: ['nodes', 0], extensions: { code: 'INVALID_INPUT' } }]);
});

test('what is wrong inside the server is masked and costs its own field', async () => {
  await gather.database.ask('alter table review rename column rating to stars');
  const { data, errors } = await gather.query('{ item(by: { sku: "SKU-00001" }) { name averageRating stock } }');
  expect(data.item).toEqual({ name: expect.any(String), averageRating: null, stock: expect.any(Number) });
  expect(errors).toEqual([
    {
      message: 'Something went wrong on our side.',
      locations: expect.any(Array),
      path: ['item', 'averageRating'],
      extensions: {
        code: 'INTERNAL_SERVER_ERROR',
        retryable: false,
        requestId: expect.any(String),
        // For the developer alone.
        exception: { message: expect.stringContaining('rating'), stack: expect.any(Array) },
      },
    },
  ]);
});

function pathsToEach(field: string): Path[] {
  return Array.from({ length: ITEMS }, (_, index) => ['menu', 'items', 'nodes', index, field]);
}

function withNulls(data: Data, paths: readonly Path[]): Data {
  const copy = structuredClone(data);
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce((value: Data, step) => value[step], copy);
    parent[path.at(-1) as string] = null;
  }
  return copy;
}
