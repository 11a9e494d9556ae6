import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { ask, runGather } from '../helpers/program.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each([
  ['off in production', { NODE_ENV: 'production' }, false],
  ['on in production where it is set', { NODE_ENV: 'production', INTROSPECTION: 'on', GRAPHIQL: 'on' }, true],
  ['on in development', {}, true],
  ['off in development where it is set', { INTROSPECTION: 'off', GRAPHIQL: 'off' }, false],
])('a server has introspection and GraphiQL %s', async (_, settings, isOn) => {
  const names = ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'];
  const urls = Object.fromEntries(names.map((name) => [`${name}_URL`, 'http://127.0.0.1:1']));
  const { databaseUrl: DATABASE_URL } = database;
  await using server = runGather(['serve'], { DATABASE_URL, ...urls, PORT: '0', ...settings });
  const url = await server.url();
  const { errors } = await ask(url, '{ __schema { queryType { name } } }');
  expect(errors?.[0].extensions.code).toBe(isOn ? undefined : 'INTROSPECTION_DISABLED');
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(isOn ? 200 : 406);
  expect((await page.text()).includes('<html')).toBe(isOn);
});
