import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createYogaRoute } from '../../../src/gather/graphql/yoga-route.ts';
import { listen } from '../../../src/gather/http/listen.ts';

/** Starts a server whose responses have this header. @returns what it logs */
async function startServer(header: string) {
  const yoga = createYoga({
    schema: createSchema({ typeDefs: 'type Query { a: Int }' }),
    plugins: [{ onResponse: ({ response }) => response.headers.set('x-test', header) }],
    logging: false,
  });
  const lines: { level: number; err?: { code: string } }[] = [];
  const route = createYogaRoute(yoga, pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) }));
  const server = createServer((request, response) => void route(request, response));
  onTestFinished(() => void server.close());
  return { url: await listen(server, '127.0.0.1', 0), lines };
}

const QUERY = '/graphql?query={__typename}';

test('an answer is written as Yoga gives it', async () => {
  const { url, lines } = await startServer('fine');
  const response = await fetch(url + QUERY);
  expect([response.headers.get('x-test'), await response.json()]).toEqual(['fine', { data: { __typename: 'Query' } }]);
  expect(lines).toEqual([]);
});

test('an answer that cannot be written is logged, and its client does not wait for it', async () => {
  const { url, lines } = await startServer('\u0001');
  await expect(fetch(url + QUERY)).rejects.toThrow('fetch failed');
  expect(lines).toMatchObject([{ level: 50, err: { code: 'ERR_INVALID_CHAR' } }]);
});
