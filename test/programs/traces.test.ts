import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashToken } from '../../src/gather/accounts/token.ts';
import { STAFF_HEADERS, STAFF_TOKEN } from '../helpers/app.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHttpServer } from '../helpers/http-server.ts';
import { type Collector, type ReceivedSpan, startCollector } from '../helpers/otlp.ts';
import { type Program, runGather } from '../helpers/program.ts';
import { startServices, type TestServices } from '../helpers/services.ts';

const PAGE = await readFile('src/smokehouse/documents/page.graphql', 'utf8');
const TRACE_ID = 'af7651916cd43dd8448eb211c80319c7';
const CALLER = 'b7ad6b7169203331';
const SAMPLED = { traceparent: `00-${TRACE_ID}-${CALLER}-01` };
const NOT_SAMPLED = { traceparent: `00-${TRACE_ID}-${CALLER}-00` };

let database: TestDatabase;
let services: TestServices;
let settings: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.ask(
    `with staff as (
       insert into gather."user" (email, name, role, "passwordHash") values ('staff@smokehouse.example', 'Staff', 'STAFF', '')
       returning id
     ) insert into gather.session ("userId", "tokenHash", "expiresAt") select id, $1, now() + interval '1 day' from staff`,
    [hashToken(STAFF_TOKEN)],
  );
  services = await startServices();
  settings = {
    NODE_ENV: 'production',
    PORT: '0',
    DATABASE_URL: database.databaseUrl,
    SHUTDOWN_DELAY_MS: '0',
    ...Object.fromEntries(Object.entries(services.urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url])),
  };
});
afterAll(async () => {
  await services.close();
  await database.drop();
});

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let collector: Collector;
  let server: Program;
  let url: string;
  /** The trace context in the requests to a service. */
  const traceparents: (string | undefined)[] = [];

  beforeAll(async () => {
    collector = await startCollector();
    const pricing = await startHttpServer((request, response) => {
      traceparents.push(request.headers['traceparent'] as string | undefined);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"prices":{}}');
    });
    server = runGather(['serve'], { ...settings, ...otel(collector), PRICING_URL: pricing.url });
    url = await server.url();
    return () => pricing.close();
  });
  beforeEach(() => {
    collector.spans.length = 0;
    traceparents.length = 0;
  });
  afterAll(async () => {
    server.kill('SIGINT');
    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(server.stderr).toBe('');
    await collector[Symbol.asyncDispose]();
  });

  test('an operation is a server span of the trace of its caller, with its phases below', async () => {
    await ask(url, PAGE, SAMPLED);
    const operation = await spanOf('query Page');
    expect(operation).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: CALLER,
      kind: 'SERVER',
      isError: false,
      service: 'gather',
      attributes: { 'graphql.operation.type': 'query', 'graphql.operation.name': 'Page' },
    });
    expect(operation.attributes['graphql.document.id']).toMatch(/^sha256:/);
    expect(childrenOf(operation)).toEqual(
      expect.arrayContaining([
        'GraphQL Document Parsing',
        'GraphQL Document Validation',
        'GraphQL Context Building',
        'GraphQL Operation Execution',
      ]),
    );
    for (const span of collector.ofTrace(TRACE_ID)) {
      expect(span.start).toBeGreaterThan(operation.start - 5);
      expect(span.end).toBeLessThan(operation.end + 5);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
    }
  });

  test('each batch is a span that links to the fields that asked, and has the call below', async () => {
    await ask(url, PAGE, SAMPLED);
    await spanOf('query Page');
    const batches = collector.spans.filter(({ name }) => name.startsWith('GraphQL DataLoader Batch '));
    const batch = find('GraphQL DataLoader Batch pricing.getPrices');
    expect(new Set(batches.map(({ name }) => name)).size).toBe(batches.length);
    expect(batch.attributes).toMatchObject({
      'graphql.processing.type': 'dataloader_batch',
      'graphql.dataloader.name': 'pricing.getPrices',
      'graphql.dataloader.batch.size': 20,
    });
    const field = find('Item.currentPrice');
    expect(field.attributes).toMatchObject({ 'graphql.selection.field.coordinate': 'Item.currentPrice' });
    expect(batch.links).toMatchObject([
      { spanId: field.spanId, attributes: { 'graphql.selection.field.coordinate': 'Item.currentPrice' } },
    ]);
    expect(nameOf(field.parentSpanId)).toBe('GraphQL Operation Execution');
    expect(childrenOf(batch)).toEqual(['pricing.getPrices']);
  });

  test('a statement is a client span of the field or the batch that asked', async () => {
    await ask(url, PAGE, SAMPLED);
    await spanOf('query Page');
    const statements = collector.spans.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql');
    expect(statements.length).toBeGreaterThan(2);
    for (const { kind, attributes, name } of statements) {
      expect(kind).toBe('CLIENT');
      expect(attributes['db.query.summary']).toBe(name);
    }
    const parents = statements.map(({ parentSpanId }) => nameOf(parentSpanId));
    for (const parent of parents) expect(parent).toMatch(/^GraphQL DataLoader Batch |^[A-Z]\w+\.\w+$/);
  });

  test('a call to a service is a client span, which the service is told', async () => {
    await ask(url, PAGE, SAMPLED);
    await spanOf('query Page');
    const call = find('pricing.getPrices');
    expect(call).toMatchObject({
      kind: 'CLIENT',
      attributes: { 'server.address': '127.0.0.1', 'gather.call.keys': 20 },
    });
    expect(traceparents).toEqual([`00-${TRACE_ID}-${call.spanId}-01`]);
  });

  test('an operation that is not sampled sends no spans, and services are told so', async () => {
    await ask(url, PAGE, NOT_SAMPLED);
    await ask(url, '{ about { name } }');
    await eventually(() => expect(collector.spans.map(({ name }) => name)).toContain('query'));
    expect(collector.ofTrace(TRACE_ID)).toEqual([]);
    expect(traceparents).toEqual([expect.stringMatching(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`))]);
  });

  test('the line of the log has the ID of the trace', async () => {
    await ask(url, 'query Logged { about { name } }');
    const { traceId } = await spanOf('query');
    await server.said(new RegExp(`"traceId":"${traceId}".*query Logged`));
  });

  test('the name of an operation whose document is not trusted is an attribute only', async () => {
    await ask(url, 'query Mine { about { name } }');
    const span = await spanOf('query');
    expect(span.attributes['graphql.operation.name']).toBe('Mine');
    expect(span.parentSpanId).toBeUndefined();
  });

  test('a failed call and its operation are errors', async () => {
    services.inventory.fault = 'error';
    await ask(url, PAGE, SAMPLED);
    services.reset();
    const operation = await spanOf('query Page');
    expect(operation).toMatchObject({
      isError: true,
      attributes: { 'error.type': 'UPSTREAM_UNAVAILABLE', 'graphql.error.count': 20 },
    });
    expect(operation.events).toHaveLength(10);
    expect(operation.events[0]).toMatchObject({
      name: 'graphql.error',
      attributes: {
        'graphql.error.code': 'UPSTREAM_UNAVAILABLE',
        'graphql.error.path': expect.stringContaining('[0]'),
      },
    });
    expect(find('inventory.getStock')).toMatchObject({ isError: true, attributes: { 'error.type': 'error' } });
  });

  test('an error that quotes a value is recorded by its code and field', async () => {
    expect(await ask(url, '{ node(id: "a-private-value") { id } }', SAMPLED)).toContain('a-private-value');
    const { events } = await spanOf('query');
    expect(events).toMatchObject([
      { name: 'graphql.error', attributes: { 'graphql.error.code': 'INVALID_INPUT', 'graphql.error.path': 'node' } },
    ]);
    expect(JSON.stringify(collector.spans)).not.toContain('a-private-value');
  });

  test('a masked error is recorded with its cause', async () => {
    await database.ask('alter table review rename column rating to stars');
    await ask(url, '{ item(by: { sku: "SKU-00001" }) { averageRating } }');
    await database.ask('alter table review rename column stars to rating');
    await spanOf('query');
    const [exception] = collector.spans.flatMap(({ events }) => events.filter(({ name }) => name === 'exception'));
    expect(exception?.attributes['exception.message']).toContain('column "rating" does not exist');
  });

  test('an incremental operation ends with its last payload', async () => {
    const query = '{ item(by: { sku: "SKU-00001" }) { name ... @defer { currentPrice } } }';
    const parts = await ask(url, query, { ...SAMPLED, accept: 'multipart/mixed' });
    expect(parts).toContain('currentPrice');
    const operation = await spanOf('query');
    expect(find('pricing.getPrices').end).toBeLessThan(operation.end + 1);
  });

  test('the run of a job is a trace of its own, which links to the field that enqueued the job', async () => {
    await using worker = runGather(['work'], { ...settings, ...otel(collector), OTEL_SERVICE_NAME: 'smoker' });
    await worker.said(/worker is ready/);
    await ask(url, 'mutation { add(x: 1, y: 2) { job { id } } }', { ...SAMPLED, ...STAFF_HEADERS });
    const run = await spanOf('process add');
    await spanOf('mutation');
    expect(run).toMatchObject({ kind: 'CONSUMER', parentSpanId: undefined, service: 'smoker', isError: false });
    expect(run.traceId).not.toBe(TRACE_ID);
    expect(run.links).toMatchObject([{ traceId: TRACE_ID, spanId: find('Mutation.add').spanId }]);
    const statements = collector.ofTrace(run.traceId).filter(({ parentSpanId }) => parentSpanId === run.spanId);
    // Its begin and its end.
    expect(statements).toHaveLength(2);
    worker.kill('SIGTERM');
    expect(await worker.exit()).toMatchObject({ code: 0 });
  });

  const find = (name: string): ReceivedSpan => {
    const found = collector.spans.find((span) => span.name === name);
    if (!found) throw new Error(`There is no ${name} among ${collector.spans.map((span) => span.name).join(', ')}`);
    return found;
  };
  const spanOf = async (name: string): Promise<ReceivedSpan> => {
    await eventually(() => expect(collector.spans.map((span) => span.name)).toContain(name));
    return find(name);
  };
  const nameOf = (spanId: string | undefined) => collector.spans.find((span) => span.spanId === spanId)?.name;
  const childrenOf = ({ spanId }: ReceivedSpan) =>
    collector.spans.filter(({ parentSpanId }) => parentSpanId === spanId).map(({ name }) => name);
});

test('spans that wait are sent before the program ends, as protobuf by default', async () => {
  const received: { type: string | undefined; body: string }[] = [];
  await using collector = await startProtobufCollector(received);
  await using server = runGather(['serve'], {
    ...settings,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '60000',
  });
  await ask(await server.url(), 'query AtTheEnd { about { name } }');
  server.kill('SIGTERM');
  expect(await server.exit()).toMatchObject({ code: 0 });
  expect(received).toMatchObject([{ type: 'application/x-protobuf', body: expect.stringContaining('AtTheEnd') }]);
});

test('a collector that does not answer delays neither answers nor the end', async () => {
  const collector = await startHttpServer(() => {});
  await using server = runGather(['serve'], { ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await ask(await server.url(), '{ about { name } }');
  const start = performance.now();
  server.kill('SIGTERM');
  expect(await server.exit()).toMatchObject({ code: 0 });
  expect(performance.now() - start).toBeLessThan(9000);
  await collector.close();
});

test.each([
  ['nothing is set', {}],
  ['the exporter is none', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' }],
  ['the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }],
])('where %s, services get no trace context', async (_, environment) => {
  const headers: (string | undefined)[] = [];
  const pricing = await startHttpServer((request, response) => {
    headers.push(request.headers['traceparent'] as string | undefined);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"prices":{}}');
  });
  await using server = runGather(['serve'], { ...settings, ...environment, PRICING_URL: pricing.url });
  await ask(await server.url(), PAGE, SAMPLED);
  expect(headers).toEqual([undefined]);
  server.kill('SIGINT');
  expect(await server.exit()).toMatchObject({ code: 0 });
  await pricing.close();
});

function otel({ url }: Collector): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  };
}

async function startProtobufCollector(received: { type: string | undefined; body: string }[]) {
  const server = await startHttpServer(async (request, response) => {
    const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
    received.push({ type: request.headers['content-type'], body: Buffer.concat(chunks).toString('latin1') });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  return { url: server.url, [Symbol.asyncDispose]: () => server.close() };
}

/** Sends an operation. @returns the whole answer */
async function ask(url: string, query: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return response.text();
}
