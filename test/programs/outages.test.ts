import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installQueues } from '../../src/gather/jobs/install.ts';
import { eventually } from '../helpers/eventually.ts';
import { fixture } from '../helpers/fixture.ts';
import { ask, type Program, runGather } from '../helpers/program.ts';
import { RestartablePostgres } from '../helpers/restartable-postgres.ts';
import { startServices, type TestServices } from '../helpers/services.ts';

type Line = Record<string, unknown>;

const WARN = 40;
const PROMO = '{ home { promo { title } } }';
/** A source counts as well once it has not failed for a second. */
const QUIET_MS = 1100;

let postgres: RestartablePostgres;
let services: TestServices;
let server: Program;
let url: string;

beforeAll(async () => {
  postgres = await RestartablePostgres.start();
  await installQueues(postgres.databaseUrl, { ...fixture.app, queueSchema: 'gather_jobs' });
  services = await startServices();
  server = runGather(['serve'], {
    NODE_ENV: 'production',
    PORT: '0',
    DATABASE_URL: postgres.databaseUrl,
    ...Object.fromEntries(
      Object.entries(services.urls).map(([name, address]) => [`${name.toUpperCase()}_URL`, address]),
    ),
  });
  url = await server.url();
});
afterAll(async () => {
  server.kill('SIGINT');
  await server.exit();
  await server[Symbol.asyncDispose]();
  await services.close();
  await postgres.stop();
});

test('the outage of a service is a line at its begin and one at its end, and its breaker has two', async () => {
  services.promo.fault = 'dead';
  for (let count = 0; count < 20; count++) await ask(url, PROMO);
  services.reset();
  await eventually(async () => {
    await sleep(QUIET_MS);
    const { errors } = await ask(url, PROMO);
    expect(errors).toBeUndefined();
    expect(linesOf('promo')).toHaveLength(4);
  });
  const [failing, opens, closes, well] = linesOf('promo');
  expect(failing).toMatchObject({
    level: WARN,
    msg: 'promo fails',
    requestId: expect.any(String),
    err: { code: 'UPSTREAM_UNAVAILABLE', message: expect.stringContaining('connection') },
  });
  expect(opens).toMatchObject({ level: WARN, msg: 'the breaker of promo opens: most calls to it failed' });
  expect(closes).toMatchObject({ level: WARN, msg: 'the breaker of promo closes', openMs: expect.any(Number) });
  expect(well).toMatchObject({ level: WARN, msg: 'promo answers again', downMs: expect.any(Number) });
  expect(well?.['failedCalls']).toBeGreaterThanOrEqual(20);
});

test('the loss of the database is a line, and its return another, although nobody asks meanwhile', async () => {
  await ask(url, '{ menu { count } }');
  const restarted = postgres.restart('SIGINT');
  await eventually(async () => {
    await ask(url, '{ menu { count } }');
    expect(linesOf('postgres')).not.toEqual([]);
  });
  await restarted;
  await eventually(() => expect(linesOf('postgres')).toHaveLength(2));
  const [lost, back] = linesOf('postgres');
  expect(lost).toMatchObject({ level: WARN, msg: 'the database is lost', err: { code: 'DATABASE_UNAVAILABLE' } });
  expect(back).toMatchObject({ level: WARN, msg: 'the database is back', failedCalls: expect.any(Number) });
  // Found by a probe, which is of no request.
  expect(back).not.toHaveProperty('requestId');
});

function linesOf(source: string): Line[] {
  return server.stdout
    .split('\n')
    .filter((text) => text.startsWith('{'))
    .map((text): Line => JSON.parse(text))
    .filter((line) => line['source'] === source);
}
