import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ serviceTimeoutMs: 1500 });
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const SMOKE = 'mutation { smokeSomeMeats { meats flavor message userErrors { code message field } } }';
const MEATS = ['ribs', 'brisket', 'lemon chicken', 'salmon', 'bison sirloin', 'sausage'];
const FLAVOR = "Sweet Baby Ray's";
const BOTH = ['/flavor', '/smokables'];

test('meats are smoked with the flavor, and each question is asked once', async () => {
  expect(await smoke()).toEqual({
    meats: MEATS,
    flavor: FLAVOR,
    message: "Smoked 6 meats with Sweet Baby Ray's!",
    userErrors: [],
  });
  const { statements, requests } = gather.cost();
  expect(requests.toSorted()).toEqual(BOTH);
  expect(statements).toEqual([]);
});

test('one meat is not called meats', async () => {
  gather.services.suppliers.answer = { status: 200, body: { smokables: ['ribs'], flavor: 'hickory' } };
  expect(await smoke()).toMatchObject({ meats: ['ribs'], message: 'Smoked 1 meat with hickory!' });
});

test('both questions are asked at the same time', async () => {
  const bothAsked = Promise.withResolvers<void>();
  gather.services.suppliers.gate = bothAsked.promise;
  const smoked = smoke();
  await eventually(() => expect(gather.services.suppliers.open.toSorted()).toEqual(BOTH));
  bothAsked.resolve();
  expect((await smoked).message).not.toBeNull();
});

const FAILURES = [
  ['error', 'UPSTREAM_UNAVAILABLE', 'with status 500'],
  ['garbage', 'UPSTREAM_INVALID', 'expected'],
  ['hang', 'UPSTREAM_TIMEOUT', 'within 1500 ms'],
] as const;

test.each(FAILURES)('without smokables (%s) the flavor stays, and the failure is named', async (fault, code, why) => {
  gather.services.suppliers.fault = fault;
  gather.services.suppliers.isFaulty = (path) => path === '/smokables';
  const { userErrors, ...smoked } = await smoke();
  expect(smoked).toEqual({ meats: null, flavor: FLAVOR, message: null });
  expect(userErrors).toEqual([{ code, message: expect.stringContaining(why), field: null }]);
  expect(userErrors[0]?.message).toMatch(/^No smokables: suppliers .*GET \/smokables/);
});

test.each(FAILURES)('without a flavor (%s) the smokables stay, and the failure is named', async (fault, code, why) => {
  gather.services.suppliers.fault = fault;
  gather.services.suppliers.isFaulty = (path) => path === '/flavor';
  const { userErrors, ...smoked } = await smoke();
  expect(smoked).toEqual({ meats: MEATS, flavor: null, message: null });
  expect(userErrors).toEqual([{ code, message: expect.stringContaining(why), field: null }]);
  expect(userErrors[0]?.message).toMatch(/^No flavor: suppliers .*GET \/flavor/);
});

test('a question that fails at once does not stop the other', async () => {
  gather.services.suppliers.delayMs = 500;
  gather.services.suppliers.fault = 'error';
  gather.services.suppliers.isFaulty = (path) => path === '/flavor';
  expect((await smoke()).meats).toEqual(MEATS);
  expect(gather.cost().requests.toSorted()).toEqual(BOTH);
});

test('where both fail, each is named', async () => {
  gather.services.suppliers.fault = 'error';
  expect(await smoke()).toEqual({
    meats: null,
    flavor: null,
    message: null,
    userErrors: [
      {
        code: 'UPSTREAM_UNAVAILABLE',
        message: 'No smokables: suppliers answered GET /smokables with status 500; expected 200.',
        field: null,
      },
      {
        code: 'UPSTREAM_UNAVAILABLE',
        message: 'No flavor: suppliers answered GET /flavor with status 500; expected 200.',
        field: null,
      },
    ],
  });
});

test('when the client leaves, both questions are given up', async () => {
  gather.services.suppliers.fault = 'hang';
  const leaving = new AbortController();
  const asked = gather.request(SMOKE, {}, { signal: leaving.signal });
  await eventually(() => expect(gather.services.suppliers.open).toHaveLength(2));
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await eventually(() => expect(gather.services.suppliers.open).toEqual([]));
});

interface Smoke {
  meats: string[] | null;
  flavor: string | null;
  message: string | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}

async function smoke(): Promise<Smoke> {
  const { data, errors } = await gather.query(SMOKE);
  expect(errors).toBeUndefined();
  return data.smokeSomeMeats;
}
