import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Program, runGather } from '../helpers/program.ts';

const browser = await launchBrowser();

let database: TestDatabase;
let dashboard: Program;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dashboard = runGather(['dashboard'], { DATABASE_URL: database.databaseUrl, DASHBOARD_PORT: '0' });
  [, url = ''] = await dashboard.said(/^The dashboard is ready: (http:\S+)$/m);
});
afterAll(async () => {
  await browser?.close();
  await dashboard[Symbol.asyncDispose]();
  await database.drop();
});

test.runIf(browser)('a click on a queue shows it, without an error and without another host', async () => {
  if (!browser) return;
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const otherHosts: string[] = [];
  const failures: string[] = [];
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && origin !== url) otherHosts.push(request.url());
  });
  page.on('pageerror', ({ message }) => failures.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') failures.push(message.text());
  });

  await page.goto(`${url}/queues`);
  await page.getByRole('link', { name: 'add', exact: true }).click();
  await page.getByRole('heading', { name: 'add', exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/queues/add');
  await page.waitForLoadState('networkidle');
  expect({ otherHosts, failures }).toEqual({ otherHosts: [], failures: [] });
});

test.runIf(browser)('its pages offer nothing that changes a queue', async () => {
  if (!browser) return;
  const page = await browser.newPage();
  await page.goto(`${url}/queues/add`);
  await page.getByRole('heading', { name: 'add', exact: true }).waitFor();
  expect(await page.locator('form[method="post" i]').count()).toBe(0);
  await page.goto(`${url}/send`);
  await page.getByText('read-only').first().waitFor();
});
