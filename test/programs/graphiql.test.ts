import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Request } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tabs as exampleTabs } from '../../src/smokehouse/documents/tabs.ts';
import { STAFF_TOKEN, startTestApp, type TestApp } from '../helpers/app.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { startTestWorker } from '../helpers/worker.ts';

/** GraphiQL reads which operation a tab has only when nobody has typed for a moment. */
const QUERY_READ_MS = 700;
const SOON = { timeout: 20_000 };
/** A page that has asked for nothing for so long has loaded. */
const IDLE_MS = 500;
const browser = await launchBrowser();

const NAMES = exampleTabs.map(({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? query);

let gather: TestApp;
let url: string;
let page: Page;
let otherHosts: string[];
/** Requests over the network that have not ended. */
let open: Set<Request>;
let askedAt: number;
let failures: string[];

beforeAll(async () => {
  gather = await startTestApp();
  ({ url } = await gather.app.start());
});
afterAll(async () => {
  await browser?.close();
  await gather.close();
});

beforeEach(async () => {
  if (!browser) return;
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  otherHosts = [];
  failures = [];
  open = new Set();
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    // What the editor gives to its workers is no request over the network, and may never end.
    if (!/^(https?|wss?):$/.test(protocol)) return;
    open.add(request);
    askedAt = performance.now();
    if (origin !== url) otherHosts.push(request.url());
  });
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  page.on('pageerror', ({ message }) => failures.push(message));
  await page.context().addCookies([{ name: 'gather_session', value: STAFF_TOKEN, url }]);
  await page.goto(`${url}/graphql`);
  await tabs().first().waitFor();
  return async () => {
    expect({ otherHosts, failures }).toEqual({ otherHosts: [], failures: [] });
    await page.close();
  };
});

test.runIf(browser)('GraphiQL opens with a tab for each example, and asks no other host', async () => {
  expect(await tabs().allInnerTexts()).toEqual(NAMES);
  expect(await textOf('operation.graphql')).toBe(exampleTabs[0]?.query);
  await expect.poll(() => open.size === 0 && performance.now() - askedAt > IDLE_MS, SOON).toBe(true);
});

test.runIf(browser)('a click asks for the home page and shows the answer with its timing', async () => {
  await execute();
  await page.locator('.result-window', { hasText: 'Brisket' }).waitFor();
  await expect.poll(answer, SOON).toEqual({
    data: { home: { promo: expect.anything(), recommendations: expect.anything(), featured: expect.anything() } },
    extensions: {
      timing: expect.objectContaining({ elapsed: expect.any(Number), sequential: expect.any(Number) }),
      cost: expect.objectContaining({ requestedQueryCost: expect.any(Number) }),
    },
  });
});

test.runIf(browser)('a part that is deferred appears later, in its place', async () => {
  gather.services.promo.delayMs = 1000;
  await openTab('Deferred');
  await execute();
  await expect
    .poll(answer, SOON)
    .toMatchObject({ data: { home: { featured: Array(5).fill({ name: expect.any(String) }) } } });
  expect((await answer()).data.home).not.toHaveProperty('promo');
  const rest = { promo: { title: 'Brisket week' }, recommendations: expect.any(Array) };
  await expect.poll(answer, SOON).toMatchObject({ data: { home: rest } });
  gather.services.reset();
});

test.runIf(browser)('each example works', async () => {
  for (const name of NAMES) {
    await openTab(name);
    await execute();
    await expect.poll(answer, SOON).toMatchObject({ data: expect.anything() });
    expect(await answer()).not.toHaveProperty('errors');
  }
});

test.runIf(browser)('a subscription shows each change of its job until the last', async () => {
  await openTab('Add');
  await execute();
  await expect.poll(answer, SOON).toMatchObject({ data: { add: { job: { state: 'PENDING' } } } });
  await openTab('Watch');
  await execute();
  await expect.poll(answer, SOON).toMatchObject({ data: { job: { state: 'PENDING' } } });
  await using _worker = await startTestWorker(gather);
  await expect.poll(answer, SOON).toMatchObject({ data: { job: { state: 'SUCCEEDED', result: 5 } } });
});

function tabs() {
  return page.locator('.graphiql-tab-button');
}

async function openTab(name: string): Promise<void> {
  await tabs().filter({ hasText: name }).click();
  await expect
    .poll(() => textOf('operation.graphql'), SOON)
    .toMatch(new RegExp(`^(query|mutation|subscription) ${name}\\b`, 'm'));
  await sleep(QUERY_READ_MS);
}

async function execute(): Promise<void> {
  await page.locator('.graphiql-execute-button').click();
}

async function answer() {
  const text = await textOf('response.json');
  return text ? JSON.parse(text) : {};
}

/** The whole text of an editor, of which the page has only the lines in view. */
async function textOf(name: string): Promise<string> {
  return page.evaluate(`__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('${name}')).getValue()`);
}
