import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpServer, startHttpServer, status } from '../helpers/http-server.ts';
import { NOT_PUBLIC } from '../helpers/not-public.ts';
import { flood, post, type Reply } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectDiscreet, withstand } from '../helpers/under-attack.ts';
import { startWorker, toWorkerConfig } from '../helpers/worker.ts';

const FETCH = 'mutation ($url: URL!) { fetchData(url: $url) { job { id } userErrors { message } } }';

let target: Target;
let inside: HttpServer;
let token: string;

beforeAll(async () => {
  // The server lets everything pass that the worker is to refuse.
  target = await startTarget({ FETCH_ALLOWED: '0.0.0.0/0,::/0' });
  inside = await startHttpServer(status(200));
  token = await target.enter('CUSTOMER');
}, 60_000);
afterAll(async () => {
  await inside.close();
  await target.close();
});

test('no spelling of an address leads to a service inside', async () => {
  await using _worker = await startWorker(toWorkerConfig(target.database.databaseUrl));
  const { port } = new URL(inside.url);
  const urls = [
    ...NOT_PUBLIC.flatMap((host) => [`http://${host}:${port}/`, `https://${host}:${port}/`]),
    `http://public.example@127.0.0.1:${port}/`,
    `http://127.0.0.1:${port}#@public.example/`,
    `http://127.0.0.1:${port}\\@public.example/`,
    `http://127.0.0.1:${port}/http://public.example/`,
    `http:127.0.0.1:${port}`,
    `http:\\\\127.0.0.1:${port}`,
    `\thttp://127.0.0.1:${port}/`,
    `http://127.0.0.1\t:${port}/`,
    `gopher://127.0.0.1:${port}/`,
    `ftp://127.0.0.1:${port}/`,
    'file:///etc/passwd',
    'unix:/var/run/docker.sock',
    'data:text/plain,smoke',
    'jar:http://127.0.0.1!/',
  ];
  const replies = await withstand(target, () => flood(urls.length, (index) => fetchData(urls[index] ?? '')));
  replies.forEach(expectDiscreet);

  const open = () =>
    target.database.ask(`select from gather.job where state not in ('FAILED', 'SUCCEEDED', 'CANCELLED')`);
  await expect.poll(open, { timeout: 40_000, interval: 200 }).toEqual([]);
  const jobs = await target.database.ask<{ state: string; error: { message: string } }>(
    'select state, error from gather.job',
  );
  expect(jobs.length).toBeGreaterThan(NOT_PUBLIC.length);
  for (const job of jobs) {
    expect(job).toMatchObject({ state: 'FAILED', error: { message: expect.stringMatching(/^Expected .*, got /) } });
  }
  expect(inside.connections).toBe(0);
});

function fetchData(url: string): Promise<Reply> {
  return post(target.url, { query: FETCH, variables: { url } }, { authorization: `Bearer ${token}` });
}
