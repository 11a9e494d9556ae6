import { createServer } from 'node:http';
import { createSchema, createYoga, type Plugin } from 'graphql-yoga';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createYogaRoute } from '../../../src/gather/graphql/yoga-route.ts';
import { listen } from '../../../src/gather/http/listen.ts';
import { createMaskError } from '../../../src/gather/monitoring/mask-errors.ts';

/** Starts a server of Yoga with this plugin. @returns what it logs */
async function startServer(plugin: Plugin) {
  const yoga = createYoga({
    schema: createSchema({ typeDefs: 'type Query { a: Int }' }),
    plugins: [plugin],
    logging: false,
  });
  const lines: { level: number; err?: { code?: string; message?: string } }[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  const route = createYogaRoute(yoga, { log, maskError: createMaskError() });
  const server = createServer((request, response) => void route(request, response));
  onTestFinished(() => void server.close());
  return { url: await listen(server, '127.0.0.1', 0), lines };
}

const withHeader = (value: string): Plugin => ({ onResponse: ({ response }) => response.headers.set('x-test', value) });
const QUERY = '/graphql?query={__typename}';

test('an answer is written as Yoga gives it', async () => {
  const { url, lines } = await startServer(withHeader('fine'));
  const response = await fetch(url + QUERY);
  expect([response.headers.get('x-test'), await response.json()]).toEqual(['fine', { data: { __typename: 'Query' } }]);
  expect(lines).toEqual([]);
});

test('an answer that cannot be written is logged, and its client does not wait for it', async () => {
  const { url, lines } = await startServer(withHeader('\u0001'));
  await expect(fetch(url + QUERY)).rejects.toThrow('fetch failed');
  expect(lines).toMatchObject([{ level: 50, err: { code: 'ERR_INVALID_CHAR' } }]);
});

test.each<[string, Required<Plugin>['onRequest']]>([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('a hook that %s is logged, and answered with 500 and no more than its client may know', async (_, onRequest) => {
  const { url, lines } = await startServer({ onRequest });
  const response = await fetch(url + QUERY);
  expect(response.status).toBe(500);
  const extensions = { code: 'INTERNAL_SERVER_ERROR', retryable: false };
  expect(await response.json()).toEqual({ errors: [{ message: 'Something went wrong on our side.', extensions }] });
  expect(lines).toMatchObject([{ level: 50, err: { message: 'broken' } }]);
});
