import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { type HttpServer, json, startHttpServer } from '../../helpers/http-server.ts';
import { startTestWorker } from '../../helpers/worker.ts';

const FETCH = 'mutation ($url: URL!) { fetchData(url: $url) { job { id state } userErrors { message } } }';
const JOB = 'query ($id: ID!) { job(id: $id) { state result error { code message } attempts } }';

let gather: TestApp;
let server: HttpServer;

beforeAll(async () => {
  gather = await startTestApp({ fetchAllowed: ['127.0.0.1'] });
  server = await startHttpServer(json({ ribs: [1, 2], note: 'smoky\0' }));
});

afterAll(async () => {
  await server.close();
  await gather.close();
});

test('an allowed URL is fetched once, and its answer is the result', async () => {
  await using _worker = await startTestWorker(gather, { fetchAllowed: ['127.0.0.1'] });
  const url = `${server.url}/ribs.json`;
  expect(await fetchData(url)).toEqual({
    state: 'SUCCEEDED',
    result: {
      status: 200,
      type: 'application/json',
      bytes: JSON.stringify({ ribs: [1, 2], note: 'smoky\0' }).length,
      body: { ribs: [1, 2], note: 'smoky\uFFFD' },
    },
    error: null,
    attempts: 1,
  });
  expect(server.requests.map(({ path }) => path)).toEqual(['/ribs.json']);
});

test('an address that the worker may not ask is not asked, said in words, and not tried again', async () => {
  await using _worker = await startTestWorker(gather);
  const asked = server.connections;
  const { state, error, attempts } = await fetchData(server.url.replace('127.0.0.1', '0x7f.1'));
  expect({ state, attempts }).toEqual({ state: 'FAILED', attempts: 1 });
  expect(error).toEqual({
    code: 'TASK_FAILED',
    message: expect.stringMatching(/^Expected the URL of a public host, got/),
  });
  expect(server.connections).toBe(asked);
});

test.each(['{"id":9007199254740993}', '[1e400]', '[0.1234567890123456789]', '[1e300]'])(
  'JSON whose numbers would lose digits, %s, is kept as text',
  async (body) => {
    await using _worker = await startTestWorker(gather, { fetchAllowed: ['127.0.0.1'] });
    server.respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    };
    expect(await fetchData(server.url)).toMatchObject({
      state: 'SUCCEEDED',
      result: { type: 'application/json', body },
    });
  },
);

test.each([
  ['http://10.0.0.1/', 'Expected the URL of a public host, got http://10.0.0.1/: 10.0.0.1 is not a public address.'],
  ['http://[::1]:80/', 'Expected the URL of a public host, got http://[::1]/: ::1 is not a public address.'],
  ['http://0xa.1/', 'Expected the URL of a public host, got http://10.0.0.1/: 10.0.0.1 is not a public address.'],
  [
    'https://a@example.com/',
    'Expected a URL without credentials, got one with a user name or a password for example.com.',
  ],
])('%s cannot be fetched, which is a user error at once', async (url, message) => {
  const query = 'mutation ($url: URL!) { fetchData(url: $url) { job { id } userErrors { code message field } } }';
  expect((await gather.query(query, { url })).data.fetchData).toEqual({
    job: null,
    userErrors: [{ code: 'INVALID_INPUT', message, field: ['url'] }],
  });
});

test('localhost may be fetched if its address is allowed, and is refused at once otherwise', async () => {
  const refused = await startTestApp();
  const query = 'mutation ($url: URL!) { fetchData(url: $url) { job { id } userErrors { message } } }';
  const url = 'http://localhost:4100/promo';
  const { data } = await refused.query(query, { url });
  expect(data.fetchData).toEqual({
    job: null,
    userErrors: [{ message: `Expected the URL of a public host, got ${url}: no public host has that name.` }],
  });
  await refused.close();
  expect((await gather.query(query, { url })).data.fetchData.userErrors).toEqual([]);
});

async function fetchData(url: string) {
  const { data } = await gather.query(FETCH, { url });
  const { id } = data.fetchData.job;
  const read = async () => (await gather.query(JOB, { id })).data.job;
  await expect.poll(async () => (await read()).state).toMatch(/SUCCEEDED|FAILED/);
  return read();
}
