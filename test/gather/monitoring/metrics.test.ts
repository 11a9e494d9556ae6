import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Answer, STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { exchange } from '../../helpers/raw-socket.ts';
import { type Scrape, scrape } from '../../helpers/scrape.ts';
import { startTestWorker } from '../../helpers/worker.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const PAGE = await readFile(new URL('../library/documents/page.graphql', import.meta.url), 'utf8');
const DEFERRED = '{ catalogue { books(first: 1) { nodes { title ... @defer { rating } } } } }';

let library: TestApp;
let url: string;
let metricsUrl: string;

beforeAll(async () => {
  library = await startTestApp({ metrics: ANY_PORT });
  const started = await library.app.start();
  url = started.url;
  metricsUrl = started.metricsUrl ?? '';
});
beforeEach(() => library.services.reset());
afterAll(() => library.close());

test('a scrape is OpenMetrics, at /metrics only', async () => {
  expect((await scrape(metricsUrl)).contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const base = metricsUrl.slice(0, -'/metrics'.length);
  const elsewhere = await fetch(`${base}/`);
  expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'Expected GET /metrics, got GET "/".\n']);
  const posted = await fetch(metricsUrl, { method: 'POST' });
  expect([posted.status, await posted.text()]).toEqual([405, 'Expected GET /metrics, got POST "/metrics".\n']);
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  // A probe may send no Host.
  expect(await exchange(metricsUrl, 'GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
});

test('operations of trusted documents are counted by name, and all others together', async () => {
  const before = await scrape(metricsUrl);
  await library.query(PAGE);
  await library.query('query Mine { catalogue { count } }');
  await library.query('query Yours { catalogue { count } }');
  const after = await scrape(metricsUrl);
  const count = 'graphql_server_request_duration_seconds_count';
  const ofPage = { graphql_operation_type: 'query', graphql_operation_name: 'Page' };
  const ofOthers = { graphql_operation_type: 'query', graphql_operation_name: '_OTHER' };
  expect(increase(count, ofPage, before, after)).toBe(1);
  expect(increase(count, ofOthers, before, after)).toBe(2);
  expect(after.samples.map(({ labels }) => labels['graphql_operation_name'])).not.toContain('Mine');
  for (const phase of ['parse', 'validate', 'context', 'execute']) {
    expect(increase(`graphql_server_request_${phase}_duration_seconds_count`, ofPage, before, after)).toBe(1);
  }
});

test('an operation ends with its last payload', async () => {
  library.services.ratings.delayMs = 300;
  const before = await scrape(metricsUrl);
  const accept = { headers: { accept: 'multipart/mixed' } };
  const response = await library.request(DEFERRED, {}, accept);
  expect(await response.text()).toContain('"rating":');
  const after = await scrape(metricsUrl);
  const ofOthers = { graphql_operation_name: '_OTHER' };
  expect(increase('graphql_server_request_duration_seconds_count', ofOthers, before, after)).toBe(1);
  expect(increase('graphql_server_request_duration_seconds_sum', ofOthers, before, after)).toBeGreaterThan(0.29);
});

test('an operation with errors has the code of the first', async () => {
  library.services.ratings.fault = 'error';
  const before = await scrape(metricsUrl);
  await library.query(PAGE);
  await library.query('{ nothing }');
  await library.query('{');
  const after = await scrape(metricsUrl);
  const count = 'graphql_server_request_duration_seconds_count';
  const failed = { graphql_operation_name: 'Page', error_type: 'UPSTREAM_UNAVAILABLE' };
  expect(increase(count, failed, before, after)).toBe(1);
  expect(increase('gather_operation_errors_total', { graphql_operation_name: 'Page' }, before, after)).toBe(20);
  expect(
    increase(count, { graphql_operation_type: 'query', error_type: 'GRAPHQL_VALIDATION_FAILED' }, before, after),
  ).toBe(1);
  expect(increase(count, { graphql_operation_type: '_OTHER', error_type: 'GRAPHQL_PARSE_FAILED' }, before, after)).toBe(
    1,
  );
});

test('calls are counted by source, name and outcome', async () => {
  const before = await scrape(metricsUrl);
  await library.query(PAGE);
  library.services.shelves.fault = 'error';
  await library.query(PAGE);
  const after = await scrape(metricsUrl);
  const ofShelves = { http_request_method: 'GET', gather_service: 'shelves', gather_call: 'shelves.getShelves' };
  const http = 'http_client_request_duration_seconds_count';
  expect(increase(http, ofShelves, before, after)).toBe(2);
  expect(increase(http, { ...ofShelves, error_type: 'error' }, before, after)).toBe(1);
  expect(increase(http, { gather_service: 'ratings' }, before, after)).toBe(2);
  const authors = { db_system_name: 'postgresql', db_query_summary: 'authorById' };
  expect(increase('db_client_operation_duration_seconds_count', authors, before, after)).toBe(2);
});

test('loads are hits or misses, and batches have sizes', async () => {
  const before = await scrape(metricsUrl);
  await library.query(
    '{ a: book(by: { isbn: "ISBN-00001" }) { shelf } b: book(by: { isbn: "ISBN-00001" }) { shelf } }',
  );
  const after = await scrape(metricsUrl);
  const ofShelf = { graphql_dataloader_name: 'shelves.getShelves' };
  expect(increase('graphql_dataloader_loads_total', { ...ofShelf, result: 'miss' }, before, after)).toBe(1);
  expect(increase('graphql_dataloader_loads_total', { ...ofShelf, result: 'hit' }, before, after)).toBe(1);
  expect(increase('graphql_dataloader_batch_size_count', ofShelf, before, after)).toBe(1);
  expect(increase('graphql_dataloader_batch_size_sum', ofShelf, before, after)).toBe(1);
});

test('cost is spent by what ran, and refused in what did not', async () => {
  const before = await scrape(metricsUrl);
  const { extensions } = (await library.query('{ books(first: 2) { nodes { title } } }')) as Answer & {
    extensions: { cost: { actualQueryCost: number; sqlQueryCost?: number } };
  };
  const refused = await library.query('{ books(first: 100000) { nodes { title } } }');
  const after = await scrape(metricsUrl);
  const { actualQueryCost, sqlQueryCost = 0 } = extensions.cost;
  const spent = increase('gather_cost_spent_points_total', {}, before, after);
  expect(spent).toBeCloseTo(Math.max(actualQueryCost, sqlQueryCost));
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'MAX_COST_EXCEEDED' });
  expect(increase('gather_cost_refused_points_total', {}, before, after)).toBeGreaterThan(5000);
});

test('pools show who uses and who waits', async () => {
  const lock = await library.database.pools.pool.connect();
  await lock.query('begin');
  await lock.query('lock table book');
  const answers = Array.from({ length: 12 }, () => library.query('{ catalogue { count } }'));
  const ofStatements = { db_client_connection_pool_name: 'statements' };
  await eventually(async () => {
    const now = await scrape(metricsUrl);
    const used = { ...ofStatements, db_client_connection_state: 'used' };
    // One table takes at most eight of ten connections.
    expect(now.value('db_client_connection_count', used)).toBe(8);
    expect(now.value('db_client_connection_pending_requests', ofStatements)).toBe(4);
    expect(now.value('db_client_connection_max', ofStatements)).toBe(10);
  });
  await lock.query('rollback');
  lock.release();
  await Promise.all(answers);
  const after = await scrape(metricsUrl);
  expect(after.value('db_client_connection_pending_requests', ofStatements)).toBe(0);
});

test('services show calls under way, the queue and the breaker', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  library.services.ratings.gate = promise;
  const answer = library.query(PAGE);
  await eventually(async () => {
    const now = await scrape(metricsUrl);
    expect(now.value('http_client_active_requests', { gather_service: 'ratings' })).toBe(1);
  });
  resolve();
  await answer;
  const closed = await scrape(metricsUrl);
  expect(closed.value('gather_service_queued_calls', { gather_service: 'ratings' })).toBe(0);
  expect(closed.value('gather_waiting_requests')).toBe(0);
  expect(closed.value('gather_service_breaker_state', { gather_service: 'ratings', state: 'closed' })).toBe(1);
  library.services.ratings.fault = 'error';
  await library.query('{ opinions(count: 20) { opinions { critic } } }');
  await eventually(async () => {
    await library.query('{ opinions(count: 20) { opinions { critic } } }');
    const now = await scrape(metricsUrl);
    expect(now.value('gather_service_breaker_state', { gather_service: 'ratings', state: 'closed' })).toBe(0);
  });
});

test('jobs wait by task and state, and the oldest has an age; a worker counts its runs', async () => {
  await library.query('mutation { add(x: 1, y: 2) { job { id } } }');
  await library.database.ask(`update gather.job set "createdAt" = now() - interval '1 hour'`);
  const waiting = await scrape(metricsUrl);
  expect(waiting.value('gather_jobs', { task: 'add', state: 'PENDING' })).toBe(1);
  expect(waiting.value('gather_job_oldest_age_seconds', { task: 'add', state: 'PENDING' })).toBeGreaterThanOrEqual(
    3600,
  );
  await using _worker = await startTestWorker(library);
  await eventually(async () => {
    const now = await scrape(metricsUrl);
    expect(now.value('gather_jobs', { task: 'add' })).toBeUndefined();
    expect(now.value('messaging_process_duration_seconds_count', { messaging_destination_name: 'add' })).toBe(1);
  });
});

test('uploads are counted, with their bytes', async () => {
  const before = await scrape(metricsUrl);
  const create = `mutation ($input: CreateUploadInput!) { createUpload(input: $input) { upload { url } userErrors { message } } }`;
  const { data } = await (
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...STAFF_HEADERS },
      body: JSON.stringify({ query: create, variables: { input: { name: 'note.txt', size: 4 } } }),
    })
  ).json();
  expect(data.createUpload.userErrors).toEqual([]);
  const sent = await fetch(data.createUpload.upload.url, { method: 'PUT', body: 'text' });
  expect(sent.status).toBe(201);
  const after = await scrape(metricsUrl);
  expect(increase('gather_uploads_total', { result: 'complete' }, before, after)).toBe(1);
  expect(increase('gather_upload_bytes_total', {}, before, after)).toBe(4);
  expect(after.value('gather_uploads_active')).toBe(0);
});

test('the process shows its event loop, CPU time and memory', async () => {
  const { value } = await scrape(metricsUrl);
  for (const name of ['min', 'mean', 'p50', 'p90', 'p99', 'max']) {
    expect(value(`nodejs_eventloop_delay_${name}_seconds`)).toBeGreaterThanOrEqual(0);
  }
  expect(value('nodejs_eventloop_utilization_ratio')).toBeGreaterThan(0);
  expect(value('process_cpu_time_seconds_total', { cpu_mode: 'user' })).toBeGreaterThan(0);
  expect(value('process_memory_usage_bytes')).toBeGreaterThan(1_000_000);
  expect(value('v8js_memory_heap_used_bytes')).toBeGreaterThan(1_000_000);
});

test('a blocked event loop shows', async () => {
  // Node measures from the first tick after a scrape, which may come only after the block.
  await expect
    .poll(async () => {
      const until = performance.now() + 300;
      while (performance.now() < until);
      return (await scrape(metricsUrl)).value('nodejs_eventloop_delay_max_seconds');
    })
    .toBeGreaterThan(0.2);
});

/** How much a counter has grown, summed over the series with these labels; one that is not there is 0. */
function increase(name: string, labels: Record<string, string>, before: Scrape, after: Scrape): number {
  const sum = ({ samples }: Scrape) =>
    samples
      .filter(
        (sample) => sample.name === name && Object.entries(labels).every(([key, it]) => sample.labels[key] === it),
      )
      .reduce((total, { value }) => total + value, 0);
  return sum(after) - sum(before);
}
