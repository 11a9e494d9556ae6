import type { JwtConfig } from './accounts/jwt.ts';
import type { TokenBuckets } from './concurrency/token-buckets.ts';
import type { EngineSchemas } from './database/schemas.ts';
import type { Pooling } from './database/transaction-pooling.ts';
import type { StoreConfig } from './files/create-store.ts';
import type { QuotaConfig } from './files/storage-quota.ts';
import type { DocumentsConfig } from './graphql/documents/with-text.ts';
import type { Limits } from './graphql/limits/limits.ts';
import type { MetricsConfig } from './http/metrics-endpoint.ts';
import type { OverloadConfig } from './http/overload.ts';
import type { LogConfig } from './monitoring/log.ts';
import type { ServiceConfig } from './services/create-services.ts';
import type { Settings } from './settings.ts';

/** The configuration of a server. */
export interface ServerConfig extends EngineSchemas, LogConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** In development every response has `extensions.timing` and a detailed `Server-Timing`. */
  isDevelopment: boolean;
  /** Whether introspection is allowed, and error messages suggest names. */
  isIntrospectable: boolean;
  hasGraphiQL: boolean;
  limits: Limits;
  /** The points of viewers, if other processes take from them too. @default this server's own */
  buckets?: TokenBuckets;
  /** When operations are refused. @default never */
  overload?: OverloadConfig;
  documents: DocumentsConfig;
  /** How long shared caches may store responses that are the same for everybody; 0 forbids it. */
  cacheSeconds: number;
  /** Host names that the server answers to, besides that of `publicUrl`; any if there are none and no `publicUrl`. */
  hosts: readonly string[];
  /** Origins whose pages may send requests: `https://app.example`. */
  corsOrigins: readonly string[];
  /** Number of proxies in front of the server that append to `X-Forwarded-For`. */
  proxyHops: number;
  /** The issuer whose tokens are accepted besides those of sessions. */
  jwt?: JwtConfig | undefined;
  /** How long open requests may still take when the server stops. */
  drainTimeoutMs: number;
  /** How long `/ready` answers 503 before the server stops on a signal. @default 0 */
  shutdownDelayMs?: number;
  /** How long a connection may be idle between two requests. @default 65_000 */
  keepAliveTimeoutMs?: number;
  /** A client that reads nothing of its response for this long is disconnected. @default 60_000 */
  stallTimeoutMs?: number;
  /** An operation that takes at least this long is logged as a warning. @default 1000 */
  slowOperationMs?: number;
  /** @default none are measured */
  metrics?: MetricsConfig | undefined;
  databaseUrl: string;
  /** Whether the database has the engine's tables. Without them `/ready` does not ask for them. @default true */
  hasEngineTables?: boolean | undefined;
  /** Reaches PostgreSQL without a pooler, for LISTEN. @default databaseUrl */
  databaseDirectUrl?: string | undefined;
  /** A read replica for queries. @default none */
  databaseReplicaUrl?: string | undefined;
  /** How a pooler at `databaseUrl` pools. @default session */
  pooling?: Pooling | undefined;
  /** Most connections to PostgreSQL for statements. */
  databaseConnections: number;
  statementTimeoutMs: number;
  /** How long an operation may take. */
  operationTimeoutMs: number;
  services: Readonly<Record<string, ServiceConfig>>;
  /** Most unsettled jobs of one user. */
  maxPendingJobs: number;
  /** Where files are stored. */
  store: StoreConfig;
  /** Largest file. */
  uploadMaxBytes: number;
  /** Most files and announced uploads, and most bytes of them. */
  filesQuota: QuotaConfig;
  /** The URL at which clients reach the server: `https://app.example`. @default the origin of the request */
  publicUrl?: string | undefined;
  /** IANA name of the application's time zone, in which its days begin and its schedules run. */
  timeZone: string;
  /** Non-public hosts, addresses and address blocks that tasks may fetch from. */
  fetchAllowed: readonly string[];
  /** The application's own settings. */
  settings: Settings;
}
