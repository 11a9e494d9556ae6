import { json as readJson } from 'node:stream/consumers';
import { startHttpServer } from './http-server.ts';

type Attributes = Record<string, unknown>;

/** A span as a collector receives it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Undefined for the first of a trace. */
  parentSpanId: string | undefined;
  name: string;
  /** `SERVER`, `CLIENT`, … */
  kind: string;
  /** In milliseconds, of the time of day. */
  start: number;
  end: number;
  attributes: Attributes;
  links: { traceId: string; spanId: string; attributes: Attributes }[];
  events: { name: string; attributes: Attributes }[];
  isError: boolean;
  /** `service.name` of the process that sent it. */
  service: string;
}

/** A collector that accepts OTLP over HTTP as JSON. */
export interface Collector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spans: ReceivedSpan[];
  /** The spans of one trace. */
  ofTrace(traceId: string): ReceivedSpan[];
}

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
type KeyValue = { key: string; value: Value };

/** As much of an OTLP request as is read here. */
interface Request {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  links?: { traceId: string; spanId: string; attributes?: KeyValue[] }[];
  events?: { name: string; attributes?: KeyValue[] }[];
  status?: { code?: number };
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const ERROR = 2;
const NS_PER_MS = 1e6;

/** Starts a collector on loopback. Dispose of it. */
export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const server = await startHttpServer(async (request, response) => {
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') {
      return void response.writeHead(415).end();
    }
    spans.push(...toSpans((await readJson(request)) as Request));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    url: server.url,
    spans,
    ofTrace: (traceId) => spans.filter((span) => span.traceId === traceId),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function toSpans({ resourceSpans }: Request): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(toAttributes(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...toSpan(span), service })));
  });
}

function toSpan(span: OtlpSpan): Omit<ReceivedSpan, 'service'> {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    kind: KINDS[span.kind] ?? '',
    start: Number(span.startTimeUnixNano) / NS_PER_MS,
    end: Number(span.endTimeUnixNano) / NS_PER_MS,
    attributes: toAttributes(span.attributes),
    links: (span.links ?? []).map((link) => ({ ...link, attributes: toAttributes(link.attributes) })),
    events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: toAttributes(attributes) })),
    isError: span.status?.code === ERROR,
  };
}

function toAttributes(attributes: KeyValue[] = []): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue),
    ]),
  );
}
