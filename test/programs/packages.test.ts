import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { ask, Program } from '../helpers/program.ts';

const SERVICES = ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'];
const RECORDER = fileURLToPath(new URL('../helpers/print-packages.ts', import.meta.url));
/** Each takes megabytes. */
const ON_USE = [
  '@aws-sdk/client-s3',
  '@graphql-yoga/render-graphiql',
  '@opentelemetry/api',
  '@opentelemetry/sdk-node',
  '@sentry/core',
  'prom-client',
  'sharp',
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.for([
  ['no setting', {}, []],
  ['METRICS_PORT', { METRICS_PORT: '0' }, ['@opentelemetry/api', 'prom-client']],
  ['OTEL_TRACES_EXPORTER', { OTEL_TRACES_EXPORTER: 'console' }, ['@opentelemetry/api', '@opentelemetry/sdk-node']],
  ['SENTRY_DSN', { SENTRY_DSN: 'http://key@127.0.0.1:9/1' }, ['@opentelemetry/api', '@sentry/core']],
] as const)('with %s, serve loads only the packages that it uses', async ([, settings, expected]) => {
  const urls = Object.fromEntries(SERVICES.map((name) => [`${name}_URL`, 'http://127.0.0.1:9']));
  const env = { DATABASE_URL: database.databaseUrl, PORT: '0', ...urls, ...settings };
  await using server = new Program(process.execPath, ['--import', RECORDER, 'src/main.ts', 'serve'], env);
  expect((await ask(await server.url(), '{ __typename }')).data).toEqual({ __typename: 'Query' });
  server.pressCtrlC();
  expect(await server.exit()).toMatchObject({ code: 0 });
  const [, packages = ''] = await server.said(/^Packages: (.*)$/m);
  const loaded = packages.split(' ');
  expect(loaded).toContain('graphql');
  expect(loaded.filter((name) => ON_USE.some((one) => one === name))).toEqual(expected);
});
