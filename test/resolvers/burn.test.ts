import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../helpers/app.ts';
import { readText, send } from '../helpers/client.ts';

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

// Whatever else this machine does can only make it slower, so that one round in three is proof enough.
test('while meats burn, other requests keep their latency: 99 of 100 have their answer in 50 ms', {
  retry: 2,
}, async () => {
  for (let count = 0; count < 20; count++) await ask('{ __typename }');
  let answered = 0;
  const burning = [2, 2].map(async (seconds) => {
    const text = await ask(`mutation { burnSomeMeats(seconds: ${seconds}) { message } }`);
    answered++;
    return text;
  });
  const latencies = await ask300();
  const answeredMeanwhile = answered;
  for (const text of await Promise.all(burning)) expect(text).toContain('Burned some meats for 2.');
  expect(answeredMeanwhile).toBe(0);
  expect(latencies[296]).toBeLessThan(50);
});

test('when the client leaves, nothing burns any more', async () => {
  await vi.waitFor(async () => expect(await cpuShare(100)).toBeLessThan(0.5), { timeout: 5000 });
  const client = send(url, 'mutation { burnSomeMeats(seconds: 10) { message } }', STAFF_HEADERS);
  await vi.waitFor(async () => expect(await cpuShare(100)).toBeGreaterThan(0.7), { timeout: 5000 });
  client.leave();
  await vi.waitFor(async () => expect(await cpuShare(100)).toBeLessThan(0.5), { timeout: 2000 });
});

/**
 * Asks 300 times over a socket, one question after another, each due 6 ms after the one before.
 * @returns how long after it was due each had its answer, in milliseconds, ascending: a server that stood still is
 * late for all that were due meanwhile
 */
async function ask300(): Promise<number[]> {
  const latencies: number[] = [];
  const start = performance.now();
  for (let due = start; latencies.length < 300; due += 6) {
    if (due > performance.now()) await sleep(due - performance.now());
    expect(JSON.parse(await ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
    latencies.push(performance.now() - due);
  }
  return latencies.sort((one, other) => one - other);
}

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
