import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fixture } from '../../helpers/fixture.ts';
import { startS3, type TestS3 } from '../../helpers/s3.ts';
import { type Sample, scrape } from '../../helpers/scrape.ts';
import { startTestWorker } from '../../helpers/worker.ts';

/** As much of a Grafana dashboard as is tested. */
interface Dashboard {
  panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
  templating: { list: { name: string; query: string | { query: string } }[] };
}

/** A metric in a query, and the labels that the query needs of it. */
interface Used {
  metric: string;
  labels: string[];
}

/** What Prometheus adds to each sample. */
const OF_PROMETHEUS = ['job', 'instance'];
const ANY_PORT = { host: '127.0.0.1', port: 0 };

const dashboard: Dashboard = JSON.parse(await readFile('docs/grafana.json', 'utf8'));
const queries = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

let s3: TestS3;
let library: TestApp;
let samples: readonly Sample[];

beforeAll(async () => {
  s3 = await startS3();
  library = await startTestApp({ metrics: ANY_PORT, store: { s3: s3.config } });
  const { url, metricsUrl = '' } = await library.app.start();
  await useEverything(url);
  const tasks = fixture.app.tasks.map((task) => ({ ...task, perform: () => Promise.reject(new Error('broken')) }));
  await using _worker = await startTestWorker(library, {}, { tasks });
  await eventually(async () => {
    samples = (await scrape(metricsUrl)).samples;
    expect(samples.map(({ name }) => name)).toContain('messaging_process_duration_seconds_count');
  });
});
afterAll(async () => {
  await s3[Symbol.asyncDispose]();
  await library.close();
});

test('the dashboard has queries in each panel', () => {
  expect(queries.length).toBeGreaterThan(30);
  expect(new Set(queries.map(({ title }) => title)).size).toBe(
    dashboard.panels.filter(({ targets }) => targets).length,
  );
});

test.each(queries)('$title: $expr', ({ expr, legendFormat }) => {
  const used = parse(expr);
  expect(used.length).toBeGreaterThan(0);
  for (const { metric, labels } of used) expectSample(metric, labels);
  const grouped = new Set(used.flatMap(({ labels }) => labels));
  for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(grouped).toContain(label);
});

test('its variables exist', () => {
  for (const { query } of dashboard.templating.list) {
    const text = typeof query === 'string' ? query : query.query;
    const [, metric, label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(text) ?? [];
    if (metric) expectSample(metric, [label]);
    else expect(text).toBe('prometheus');
  }
});

function expectSample(metric: string, labels: readonly string[]): void {
  const found = samples.filter(({ name }) => name === metric);
  expect(found.length, metric).toBeGreaterThan(0);
  const known = [...OF_PROMETHEUS, ...found.flatMap((sample) => Object.keys(sample.labels))];
  expect(known, metric).toEqual(expect.arrayContaining([...labels]));
}

/** The metrics of a query. Each metric needs the labels of its selector and of the `by` around it. */
function parse(expr: string): Used[] {
  const vectors = expr.matchAll(/([a-z_0-9]+)\{([^}]*)\}/g);
  return [...vectors].map(({ 1: metric = '', 2: selector = '', index }) => {
    const by = [...expr.slice(0, index).matchAll(/\bby \(([^)]*)\)/g)].at(-1)?.[1];
    // A `by` that ends before the other operand of a division is not around it.
    const isInside = by !== undefined && expr.slice(expr.lastIndexOf('by (', index), index).includes(' / ') === false;
    const selected = [...selector.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    return { metric, labels: [...selected, ...(isInside ? by.split(',').map((label) => label.trim()) : [])] };
  });
}

/** Makes each metric and each label appear. */
async function useEverything(url: string): Promise<void> {
  const page = '{ catalogue { books(first: 3) { nodes { rating shelf author { name } } } } about { name } }';
  await library.query(page);
  library.services.ratings.fault = 'error';
  await library.query(page);
  await library.query('{ books(first: 100000) { nodes { title } } }');
  await library.database.ask('alter table author rename to writer');
  await library.query(page);
  await library.database.ask('alter table writer rename to author');
  await library.query('mutation { add(x: 1, y: 2) { job { id } } }');
  const create = `mutation { createUpload(input: { name: "note.txt", size: 4 }) { upload { url } } }`;
  const headers = { 'content-type': 'application/json', ...STAFF_HEADERS };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: create }) });
  const { data } = await response.json();
  await fetch(data.createUpload.upload.url, { method: 'PUT', body: 'text' });
}
