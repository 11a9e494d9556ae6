import type { Limits } from '../src/gather/graphql/limits/limits.ts';
import { listen } from '../src/gather/http/listen.ts';
import type { OverloadConfig } from '../src/gather/http/overload.ts';
import { createServer } from '../src/gather/server.ts';
import { smokehouse } from '../src/smokehouse/index.ts';
import { createBareFiles } from './bare-files.ts';
import { createHandWritten } from './hand-written.ts';
import { measureSelf } from './measure-self.ts';
import { SCHEMAS } from './schemas.ts';

/** The options of a measured server, passed as JSON in its first argument. */
export interface ServerOptions {
  kind: 'gather' | 'hand-written' | 'bare-files';
  databaseUrl: string;
  urls: Readonly<Record<string, string>>;
  /** Of one client at a time. @default 1000 */
  operations?: number;
  /** @default never */
  overload?: OverloadConfig;
  /** The directory of files; absent if there are none. */
  filesDir?: string;
  /** @default none */
  monitoring?: Monitoring;
}

const options: ServerOptions = JSON.parse(process.argv[2] as string);

/** What a server measures of itself. */
export type Monitoring = 'none' | 'metrics' | 'some traces' | 'all traces';

/** The default limits, except for a bucket that one client cannot empty. */
const LIMITS: Limits = {
  bodyMaxBytes: 1_000_000,
  answerMaxBytes: 2_000_000,
  queryMaxBytes: 65_536,
  maxTokens: 2000,
  maxDepth: 16,
  maxAliases: 50,
  maxDirectives: 50,
  maxCost: 5000,
  costBucket: 1_000_000_000,
  costRestoredPerSecond: 1_000_000_000,
  maxOperationsPerViewer: options.operations ?? 1000,
};

const starts = { gather: startGather, 'hand-written': startHandWritten, 'bare-files': startBareFiles };
measureSelf(await starts[options.kind]());

async function startGather(): Promise<string> {
  const { urls, databaseUrl, monitoring = 'none' } = options;
  if (monitoring.endsWith('traces')) {
    const { startTracing } = await import('../src/gather/monitoring/tracing/tracing.ts');
    startTracing({ serviceName: 'bench', redact: (text) => text });
  }
  const server = createServer(smokehouse, {
    ...SCHEMAS,
    host: '127.0.0.1',
    port: 0,
    isDevelopment: false,
    isIntrospectable: false,
    hasGraphiQL: false,
    limits: LIMITS,
    ...(options.overload && { overload: options.overload }),
    documents: { file: 'src/smokehouse/generated/documents.json', isOnlyTrusted: false },
    cacheSeconds: 0,
    hosts: [],
    corsOrigins: [],
    // So that one process can send requests of many clients.
    proxyHops: 1,
    drainTimeoutMs: 5000,
    logFormat: 'json',
    metrics: monitoring === 'metrics' ? { host: '127.0.0.1', port: 0 } : undefined,
    databaseUrl,
    databaseConnections: 10,
    statementTimeoutMs: 15_000,
    operationTimeoutMs: 15_000,
    services: Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }])),
    maxPendingJobs: 100,
    store: { directory: options.filesDir ?? '/nonexistent' },
    uploadMaxBytes: 2_000_000_000,
    filesQuota: { maxBytes: 100_000_000_000, maxBytesPerOwner: 10_000_000_000, maxFilesPerOwner: 100_000 },
    timeZone: 'UTC',
    fetchAllowed: [],
    settings: { ABOUT_FILE: undefined },
  });
  return (await server.start()).url;
}

async function startHandWritten(): Promise<string> {
  const { databaseUrl, urls } = options;
  const { pricing = '', inventory = '' } = urls;
  const server = createHandWritten({ databaseUrl, pricingUrl: pricing, inventoryUrl: inventory });
  return listen(server, '127.0.0.1', 0);
}

function startBareFiles(): Promise<string> {
  return listen(createBareFiles(options.filesDir as string), '127.0.0.1', 0);
}
