import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JwtConfig } from '../accounts/jwt.ts';
import type { App } from '../app.ts';
import { type Config, ConfigError, credentialSettings, urlSetting } from '../config.ts';
import type { EngineSchemas } from '../database/schemas.ts';
import type { StoreConfig } from '../files/create-store.ts';
import type { Limits } from '../graphql/limits/limits.ts';
import type { LogConfig } from '../monitoring/log.ts';
import { secretsOf } from '../monitoring/secrets.ts';
import type { ServerConfig } from '../server-config.ts';
import type { ServiceConfig } from '../services/create-services.ts';
import { findMissing } from '../services/credentials.ts';

const S3_TIMEOUT_MS = 30_000;
/** For load balancers that probe once a second. Added to the drain timeout, within the ten seconds that Docker gives. */
const PRODUCTION_SHUTDOWN_DELAY_MS = 3000;
const SHUTDOWN_DELAY_MS = 300;

/** The PostgreSQL schemas in the settings. */
export function schemasOf(config: Config): EngineSchemas {
  return { engineSchema: config.GATHER_SCHEMA, queueSchema: config.GATHER_JOBS_SCHEMA };
}

/** How the log is written. */
export function logFormatOf({ LOG, NODE_ENV }: Config): LogConfig['logFormat'] {
  return LOG ?? (NODE_ENV === 'development' ? 'words' : 'json');
}

/** The passwords and keys in the settings. */
export function secretsIn(config: Config): string[] {
  return secretsOf({
    databaseUrl: config.DATABASE_URL,
    databaseDirectUrl: config.DATABASE_DIRECT_URL,
    databaseReplicaUrl: config.DATABASE_REPLICA_URL,
    services: config.services,
    store: toStoreConfig(config),
  });
}

/**
 * Converts the settings to the configuration of the server.
 * @param urls of services that have none in the settings
 * @throws ConfigError if the URL of a service is missing
 */
export function toServerConfig(
  app: App,
  config: Config,
  databaseUrl: string,
  urls: Readonly<Record<string, string>> = {},
): ServerConfig {
  const isDevelopment = config.NODE_ENV === 'development';
  return {
    ...schemasOf(config),
    host: config.HOST,
    port: config.PORT,
    isDevelopment,
    isIntrospectable: config.INTROSPECTION ?? config.NODE_ENV !== 'production',
    hasGraphiQL: config.GRAPHIQL ?? config.NODE_ENV !== 'production',
    limits: toLimits(config),
    overload: { maxDelayMs: config.MAX_EVENT_LOOP_DELAY_MS, maxWaitingClients: config.MAX_WAITING_VIEWERS },
    documents: { file: config.TRUSTED_DOCUMENTS ?? manifestOf(app), isOnlyTrusted: config.TRUSTED_DOCUMENTS_ONLY },
    cacheSeconds: config.CACHE_SECONDS,
    hosts: config.ALLOWED_HOSTS,
    corsOrigins: config.CORS_ORIGINS,
    proxyHops: config.PROXY_HOPS,
    jwt: toJwtConfig(config),
    drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
    shutdownDelayMs:
      config.SHUTDOWN_DELAY_MS ?? (config.NODE_ENV === 'production' ? PRODUCTION_SHUTDOWN_DELAY_MS : SHUTDOWN_DELAY_MS),
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
    logFormat: logFormatOf(config),
    metrics: config.METRICS_PORT === undefined ? undefined : { host: config.HOST, port: config.METRICS_PORT },
    logLevel: config.LOG_LEVEL,
    slowOperationMs: config.SLOW_OPERATION_MS,
    databaseUrl,
    databaseDirectUrl: config.DATABASE_DIRECT_URL,
    databaseReplicaUrl: config.DATABASE_REPLICA_URL,
    pooling: config.DATABASE_POOLING,
    databaseConnections: config.DATABASE_CONNECTIONS,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    operationTimeoutMs: config.OPERATION_TIMEOUT_MS,
    services: toServiceConfigs(app, config, urls),
    maxPendingJobs: config.MAX_PENDING_JOBS,
    store: toStoreConfig(config),
    uploadMaxBytes: config.UPLOAD_MAX_BYTES,
    filesQuota: {
      maxBytes: config.FILES_MAX_BYTES,
      maxBytesPerOwner: config.FILES_MAX_BYTES_PER_OWNER,
      maxFilesPerOwner: config.FILES_MAX_PER_OWNER,
    },
    publicUrl: config.PUBLIC_URL,
    timeZone: config.TIME_ZONE,
    fetchAllowed: config.FETCH_ALLOWED,
    settings: config.settings,
  };
}

/** A service whose URL is set needs its credentials too; examples and those of tests need none. */
function toServiceConfigs({ services }: App, config: Config, urls: Readonly<Record<string, string>>) {
  const all = Object.entries(config.services).map(([name, { url = urls[name], timeoutMs, credentials }]) => {
    if (url === undefined) throw new ConfigError(`${urlSetting(name)}: expected, but not set`);
    const contract = services[name]?.contract;
    const [missing] = contract && config.services[name]?.url ? findMissing(contract, credentials) : [];
    if (contract && missing !== undefined) {
      const setting = credentialSettings(name, contract)[missing];
      throw new ConfigError(`${setting}: expected, because the service ${name} asks for it, but not set`);
    }
    return [name, { url, timeoutMs, credentials }];
  });
  return Object.fromEntries(all) as Record<string, ServiceConfig>;
}

export function manifestOf({ documents }: App): string | undefined {
  return documents?.manifest && fileURLToPath(documents.manifest);
}

function toLimits(config: Config): Limits {
  return {
    bodyMaxBytes: config.MAX_BODY_BYTES,
    answerMaxBytes: config.MAX_ANSWER_BYTES,
    queryMaxBytes: config.MAX_QUERY_BYTES,
    maxTokens: config.MAX_TOKENS,
    maxDepth: config.MAX_DEPTH,
    maxAliases: config.MAX_ALIASES,
    maxDirectives: config.MAX_DIRECTIVES,
    maxCost: config.MAX_COST,
    costBucket: config.COST_BUCKET,
    costRestoredPerSecond: config.COST_RESTORE,
    maxOperationsPerViewer: config.MAX_OPERATIONS_PER_VIEWER,
  };
}

function toJwtConfig(config: Config): JwtConfig | undefined {
  if (!config.JWT_JWKS_URL) return undefined;
  return {
    jwksUrl: config.JWT_JWKS_URL,
    issuer: config.JWT_ISSUER as string,
    audience: config.JWT_AUDIENCE as string,
    roleClaim: config.JWT_ROLE_CLAIM,
    ownerClaim: config.JWT_OWNER_CLAIM,
  };
}

/** The bucket, if one is set, or else the directory. */
function toStoreConfig(config: Config): StoreConfig {
  if (!config.S3_BUCKET) return { directory: config.FILES_DIR ?? join(config.DATA_DIR, 'files') };
  return {
    s3: {
      bucket: config.S3_BUCKET,
      endpoint: config.S3_ENDPOINT,
      region: config.S3_REGION,
      accessKeyId: config.S3_ACCESS_KEY_ID as string,
      secretAccessKey: config.S3_SECRET_ACCESS_KEY as string,
      timeoutMs: S3_TIMEOUT_MS,
    },
  };
}
