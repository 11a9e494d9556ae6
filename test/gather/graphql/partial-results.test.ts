import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, PATIENT, startTestApp, type TestApp } from '../../helpers/app.ts';
import type { Fault } from '../../helpers/services.ts';

type Data = Answer['data'];
type Path = (string | number)[];

/** Far below the deadline of the operation, which a page would come to that waits for its slowest service. */
const TIMEOUT_MS = 1000;
const BOOKS = 5;

const PAGE = `{
  front { pick { title } arrivals { reason book { isbn } } newest(first: 3) { isbn title } }
  catalogue { books(first: ${BOOKS}) { nodes { isbn author { name } loans(first: 2) { nodes { dueOn } } rating shelf } } }
}`;

const timeout = { code: 'UPSTREAM_TIMEOUT', retryable: true };
const unavailable = { code: 'UPSTREAM_UNAVAILABLE', retryable: true };
const invalid = { code: 'UPSTREAM_INVALID', retryable: false };

/** Of single answers. */
const FAULTS: [Fault, typeof timeout][] = [
  ['hang', timeout],
  ['reset', unavailable],
  ['error', unavailable],
  ['garbage', invalid],
  ['huge', invalid],
];

/** Each service with what it is asked, and the fields that read that. */
const QUESTIONS = [
  ['ratings', '/pick', [['front', 'pick']]],
  ['shelves', '/arrivals', [['front', 'arrivals']]],
  ['ratings', '/ratings', pathsToEach('rating')],
  ['shelves', '/shelves', pathsToEach('shelf')],
] as const satisfies [string, string, Path[]][];
const SERVICES = ['ratings', 'shelves'] as const;

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

describe.each(QUESTIONS)('when %s fails at %s', (service, question, paths) => {
  test.each(FAULTS)(
    'its own fields are null and the rest of the page is there in time: %s',
    async (fault, extensions) => {
      gather.services[service].fault = fault;
      gather.services[service].isFaulty = (path) => path.startsWith(question);
      const { data, errors = [] } = await gather.query(PAGE);
      expect(data).toEqual(withNulls(complete, paths));
      expect(errors.map(({ path }) => path)).toEqual(paths);
      for (const error of errors) expect(error.extensions).toEqual({ ...extensions, source: service, service });
    },
  );
});

test.each(SERVICES)(
  'when %s is dead, its own fields are null and the rest of the page is there in time',
  async (service) => {
    gather.services[service].fault = 'dead';
    const { data, errors = [] } = await gather.query(PAGE);
    expect(data).toEqual(withNulls(complete, pathsOf(service)));
    expect(errors.map(({ path }) => path).toSorted()).toEqual(pathsOf(service).toSorted());
    for (const error of errors) expect(error.extensions).toEqual({ ...unavailable, source: service, service });
  },
);

test.each<Fault>([...FAULTS.map(([fault]) => fault), 'dead'])(
  'when ratings fail, each opinion says so and the rest of the page is there in time: %s',
  async (fault) => {
    gather.services.ratings.fault = fault;
    const { data, errors = [] } = await gather.query(
      `{ opinions(count: 3) { opinions { critic rating error } } ${PAGE.slice(1)}`,
    );
    expect(errors.map(({ path }) => path).toSorted()).toEqual(pathsOf('ratings').toSorted());
    const { opinions, ...rest } = data;
    expect(rest).toEqual(withNulls(complete, pathsOf('ratings')));
    expect(opinions.opinions).toEqual(
      [0, 1, 2].map((number) => ({
        critic: `Critic ${number}`,
        rating: null,
        error: expect.stringMatching(/^ratings .+\.$/),
      })),
    );
  },
);

test('all services may fail at once', async () => {
  for (const service of SERVICES) gather.services[service].fault = 'hang';
  const { data, errors } = await gather.query(PAGE);
  const paths = SERVICES.flatMap(pathsOf);
  expect(data).toEqual(withNulls(complete, paths));
  expect(errors).toHaveLength(paths.length);
});

test('a service that fails for one batch of keys costs the fields of that batch', async () => {
  const { data: all } = await gather.query(
    '{ catalogue { books(first: 100) { nodes { id } } more: books(last: 100) { nodes { id } } } }',
  );
  const ids = [...all.catalogue.books.nodes, ...all.catalogue.more.nodes].map(({ id }) => id);
  gather.services.ratings.fault = 'garbage';
  gather.services.ratings.isFaulty = (path) => path.includes('ISBN-00150');
  const { data, errors = [] } = await gather.query(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Book { rating } } }',
    { ids },
  );
  expect(data.nodes.filter(({ rating }: Data) => rating === null)).toHaveLength(100);
  expect(errors).toHaveLength(100);
});

test('one key that is not there does not cost the others', async () => {
  const { data, errors } = await gather.query(`{
    known: book(by: { isbn: "ISBN-00001" }) { rating shelf }
    unknown: book(by: { isbn: "ISBN-99999" }) { rating }
    nodes(ids: ["nonsense"]) { id }
  }`);
  expect(data.known).toEqual({ rating: 1.5, shelf: 'Shelf 1' });
  expect(data.unknown).toBeNull();
  expect(data.nodes).toEqual([null]);
  expect(errors).toMatchObject([{ path: ['nodes', 0], extensions: { code: 'INVALID_INPUT' } }]);
});

test('what is wrong inside the server is masked and costs its own field', async () => {
  await gather.database.ask('alter table lending.loan rename column "returnedOn" to back');
  const { data, errors } = await gather.query('{ book(by: { isbn: "ISBN-00001" }) { title isLent shelf } }');
  expect(data.book).toEqual({ title: 'Ribs 1', isLent: null, shelf: 'Shelf 1' });
  expect(errors).toEqual([
    {
      message: 'Something went wrong on our side.',
      locations: expect.any(Array),
      path: ['book', 'isLent'],
      extensions: {
        code: 'INTERNAL_SERVER_ERROR',
        retryable: false,
        requestId: expect.any(String),
        // For the developer alone.
        exception: { message: expect.stringContaining('returnedOn'), stack: expect.any(Array) },
      },
    },
  ]);
});

function pathsToEach(field: string): Path[] {
  return Array.from({ length: BOOKS }, (_, index) => ['catalogue', 'books', 'nodes', index, field]);
}

function pathsOf(service: (typeof SERVICES)[number]): Path[] {
  return QUESTIONS.flatMap(([asked, , paths]): Path[] => (asked === service ? paths : []));
}

function withNulls(data: Data, paths: readonly Path[]): Data {
  const copy = structuredClone(data);
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce((value: Data, step) => value[step], copy);
    parent[path.at(-1) as string] = null;
  }
  return copy;
}
