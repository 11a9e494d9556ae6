import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHttpServer } from '../helpers/http-server.ts';
import { ask, childrenOf, runGather } from '../helpers/program.ts';
import { scrape } from '../helpers/scrape.ts';

const SERVICES = Object.fromEntries(
  ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'].map((name) => [
    `${name}_URL`,
    'http://127.0.0.1:1',
  ]),
);

let database: TestDatabase;
let settings: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  settings = { PORT: '0', DATABASE_URL: database.databaseUrl, ...SERVICES };
});
afterAll(() => database.drop());

test.each([
  ['serve', /Gather is ready/],
  ['work', /worker is ready/],
])('%s serves its metrics at METRICS_PORT, and ends', async (command, ready) => {
  await using program = runGather([command], { ...settings, METRICS_PORT: '0' });
  await program.said(ready);
  const [, metricsUrl = ''] = await program.said(/Metrics: (http:\S+)/);
  if (command === 'serve') await ask(await program.url(), '{ about { name } }');
  const { value } = await scrape(metricsUrl);
  expect(value('process_memory_usage_bytes')).toBeGreaterThan(0);
  expect(value('db_client_connection_max', { db_client_connection_pool_name: 'statements' })).toBe(10);
  if (command === 'serve') expect(value('graphql_server_request_duration_seconds_count')).toBe(1);
  program.kill('SIGINT');
  expect(await program.exit()).toMatchObject({ code: 0 });
});

test('serve with several processes adds up the metrics of all', async () => {
  await using program = runGather(['serve', '--processes', '2'], { ...settings, METRICS_PORT: '0' });
  const url = await program.url();
  const [, metricsUrl = ''] = await program.said(/Metrics: (http:\S+)/);
  for (let count = 0; count < 10; count++) await ask(url, '{ about { name } }');
  const { value } = await scrape(metricsUrl);
  expect(value('graphql_server_request_duration_seconds_count')).toBe(10);
  expect(value('gather_cost_spent_points_total')).toBe(20);
  expect(value('db_client_connection_max', { db_client_connection_pool_name: 'statements' })).toBe(20);
  program.kill('SIGINT');
  expect(await program.exit()).toMatchObject({ code: 0 });
});

test('a scrape neither waits for a process that starts or hangs nor loses what one has counted that ended', async () => {
  const free = await startHttpServer();
  await free.close();
  const { port } = new URL(free.url);
  const metricsUrl = `${free.url}/metrics`;
  await using program = runGather(['serve', '--processes', '2'], { ...settings, METRICS_PORT: port });
  const early = await eventually(() => scrape(metricsUrl));
  expect(early.samples).toEqual([]);
  const url = await program.url();
  const count = 'graphql_server_request_duration_seconds_count';
  for (let asked = 0; asked < 4; asked++) await ask(url, '{ about { name } }');
  expect((await scrape(metricsUrl)).value(count)).toBe(4);

  const [hanging = 0, killed = 0] = childrenOf(program);
  process.kill(hanging, 'SIGSTOP');
  expect((await scrape(metricsUrl)).value(count)).toBe(4);
  process.kill(hanging, 'SIGCONT');

  process.kill(killed, 'SIGKILL');
  await program.said(/another one starts/);
  const after = await scrape(metricsUrl);
  expect(after.value(count)).toBe(4);
  const max = { db_client_connection_pool_name: 'statements' };
  expect(after.value('db_client_connection_max', max)).toBe(10);
});

test.each(['serve', 'work'])('%s says which setting names a port that is taken', async (command) => {
  const taken = await startHttpServer();
  const { port } = new URL(taken.url);
  await using program = runGather([command], { ...settings, METRICS_PORT: port });
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stderr).toContain(`Port ${port} on 127.0.0.1 is taken. Set METRICS_PORT to another one`);
  await taken.close();
});

test('without METRICS_PORT there are no metrics', async () => {
  await using server = runGather(['serve'], settings);
  const url = await server.url();
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect(server.stdout).not.toContain('Metrics');
});
