import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineMigrations } from '../../../src/gather/database/migrations/index.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { createTestDatabase } from '../../helpers/database.ts';
import { library } from '../library/index.ts';

const CLOSED = { running: 0, queued: 0, breaker: 'closed' };

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false });
});
afterAll(() => gather.close());

test('/health says that the server is alive', async () => {
  expect((await get(gather, '/health')).status).toBe(200);
  expect((await get(gather, '/health', 'HEAD')).status).toBe(200);
});

test('they are also answered in process, by URL or by path', async () => {
  const { app } = gather;
  for (const url of ['http://localhost/health', '/health', '/health?at=1', '/ready']) {
    expect((await app.fetch(url)).status, url).toBe(200);
  }
  for (const url of ['http://localhost/healthy', '/graphql/health', '/health/']) {
    expect((await app.fetch(url)).status, url).toBe(404);
  }
});

test('/ready says that it can serve, and what its services are busy with', async () => {
  const response = await get(gather, '/ready');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    isReady: true,
    services: { ratings: CLOSED, shelves: CLOSED },
  });
});

test('/ready costs a statement for the migrations of the engine and one for the application’s, and no request to a service', async () => {
  gather.cost();
  await get(gather, '/ready');
  expect(gather.cost()).toEqual({
    statements: [expect.stringContaining('"engineMigration"'), expect.stringContaining('"appMigration"')],
    requests: [],
  });
});

test('a server that is asked to stop is not ready, and answers all the same', async () => {
  const leaving = await startTestApp();
  leaving.app.retire();
  leaving.cost();
  const response = await get(leaving, '/ready');
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ isReady: false, reason: 'The server is stopping.' });
  expect(leaving.cost().statements).toEqual([]);
  expect((await get(leaving, '/health')).status).toBe(200);
  expect(await leaving.query('{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
  await leaving.close();
});

test('a service that is down does not make the server unready, and /ready shows it', async () => {
  gather.services.ratings.fault = 'error';
  for (let count = 0; count < 10; count++) await gather.query('{ front { pick { title } } }');
  const response = await get(gather, '/ready');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ services: { ratings: { breaker: 'open' } } });
  gather.services.reset();
});

test('without its database the server is alive, and not ready', async () => {
  const lost = await startTestApp({ databaseUrl: 'postgres://gather:secret@127.0.0.1:1/gather' });
  expect((await get(lost, '/health')).status).toBe(200);
  const response = await get(lost, '/ready');
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ isReady: false, reason: 'The database cannot be reached at present.' });
  expect(text).not.toMatch(/secret|127\.0\.0\.1/);
  await lost.close();
});

test('without its migrations the server is not ready, and says which', async () => {
  const empty = await createTestDatabase({}, { isEmpty: true });
  const unmigrated = await startTestApp({ databaseUrl: empty.databaseUrl });
  const response = await get(unmigrated, '/ready');
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    isReady: false,
    reason: `Migrations are missing: ${Object.keys({ ...engineMigrations('gather'), ...library.migrations }).join(', ')}`,
  });
  await unmigrated.close();
  await empty.drop();
});

function get({ app }: TestApp, path: string, method = 'GET'): Promise<Response> {
  return app.fetch(`http://gather${path}`, { method });
}
