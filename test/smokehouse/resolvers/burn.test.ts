import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { readText, send } from '../../helpers/client.ts';
import { eventually } from '../../helpers/eventually.ts';

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false });
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

const BURN = 'mutation ($seconds: Int!) { burnSomeMeats(seconds: $seconds) { message elapsed } }';

test('the payload says how long the meats burned', async () => {
  const { data } = await gather.query(BURN, { seconds: 1 });
  const { message, elapsed } = data.burnSomeMeats;
  expect(elapsed).toBeGreaterThanOrEqual(1);
  expect(message).toBe(`Burned some meats for ${elapsed.toFixed(2)} seconds`);
});

test.each([0, 11, -1])('meats cannot be burned for %i seconds', async (seconds) => {
  const { data, errors } = await gather.query(BURN, { seconds });
  expect(data).toEqual({ burnSomeMeats: null });
  expect(errors).toMatchObject([
    {
      message: `Expected \`seconds\` from 1 to 10, got ${seconds}.`,
      path: ['burnSomeMeats'],
      extensions: { code: 'INVALID_INPUT', retryable: false },
    },
  ]);
});

test('while meats burn, other requests are answered', async () => {
  for (let count = 0; count < 20; count++) await ask('{ __typename }');
  let answered = 0;
  const burning = [2, 2].map(async (seconds) => {
    const text = await ask(`mutation { burnSomeMeats(seconds: ${seconds}) { message } }`);
    answered++;
    return text;
  });
  let others = 0;
  for (; answered === 0; others++) {
    expect(JSON.parse(await ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
  }
  for (const text of await Promise.all(burning)) expect(text).toMatch(/Burned some meats for \d+\./);
  // One that is asked while the event loop stands still is answered after it.
  expect(others).toBeGreaterThan(20);
});

test('when the client leaves, nothing burns any more', async () => {
  await eventually(async () => expect(await cpuShare(200)).toBeLessThan(0.15));
  const client = send(url, 'mutation { burnSomeMeats(seconds: 10) { message } }', STAFF_HEADERS);
  await eventually(async () => expect(await cpuShare(200)).toBeGreaterThan(0.3));
  client.leave();
  // It would burn for ten seconds.
  await eventually(async () => expect(await cpuShare(200)).toBeLessThan(0.15));
});

async function ask(query: string): Promise<string> {
  return readText(await send(url, query, STAFF_HEADERS).response);
}

/** How much of one core this process used for so long. */
async function cpuShare(ms: number): Promise<number> {
  const [start, usage] = [performance.now(), process.cpuUsage()];
  await sleep(ms);
  const { user, system } = process.cpuUsage(usage);
  return (user + system) / 1000 / (performance.now() - start);
}
