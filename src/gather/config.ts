import * as z from 'zod';
import { LOG_LEVELS } from './monitoring/log.ts';
import type { Contract } from './services/contract.ts';
import { toSettingSuffixes } from './services/credentials.ts';
import type { ServiceDefinitions } from './services/define-service.ts';
import { createPublicHosts } from './services/public-hosts.ts';
import type { Settings, SettingsShape } from './settings.ts';

const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected a whole number from ${from} to ${to}`)
    .transform(Number)
    .refine((value) => value >= from && value <= to, `expected a whole number from ${from} to ${to}`);

const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `expected a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );

const choice = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, `expected one of ${values.join(', ')}`);

const port = wholeNumber(0, 65_535);
const milliseconds = wholeNumber(1, 3_600_000);
/** Not quoted in messages: it is secret. */
const SECRET = 'expected printable characters of ASCII, as an HTTP header can have';
const credential = z
  .string()
  .regex(/^[\x20-\x7e]+$/, SECRET)
  .optional();
const serviceUrl = url(['http:', 'https:']).optional();
const schemaName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,48}$/, 'expected the name of a schema, in lower case, such as gather');

const onOrOff = choice(['on', 'off']).transform((value) => value === 'on');

const TIME_ZONE_BY_CITY =
  /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)(\/[A-Z][\w-]+){1,2}$/i;

const timeZone = z
  .string()
  .refine(
    (value) => isTimeZone(value),
    'expected UTC, or the IANA name of a time zone by area and city, such as America/Chicago',
  );

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

const Environment = z.object({
  NODE_ENV: choice(['development', 'production', 'test']).default('development'),
  HOST: z.string().min(1, 'expected a host name or an address').default('127.0.0.1'),
  PORT: port.default(4000),
  METRICS_PORT: port.optional(),
  DATA_DIR: z.string().min(1, 'expected a directory').default('.gather'),
  DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  DATABASE_DIRECT_URL: url(['postgres:', 'postgresql:']).optional(),
  DATABASE_REPLICA_URL: url(['postgres:', 'postgresql:']).optional(),
  DATABASE_POOLING: choice(['session', 'transaction']).default('session'),
  GATHER_SCHEMA: schemaName.default('gather'),
  GATHER_JOBS_SCHEMA: schemaName.default('gather_jobs'),
  DATABASE_CONNECTIONS: wholeNumber(1, 1000).default(10),
  SERVICES_PORT: wholeNumber(0, 65_531).default(4100),
  SERVICE_TIMEOUT_MS: milliseconds.optional(),
  OPERATION_TIMEOUT_MS: milliseconds.default(15_000),
  STATEMENT_TIMEOUT_MS: milliseconds.default(10_000),
  DRAIN_TIMEOUT_MS: milliseconds.default(5000),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 3_600_000).optional(),
  KEEP_ALIVE_TIMEOUT_MS: milliseconds.default(65_000),
  PUBLIC_URL: url(['http:', 'https:']).optional(),
  ALLOWED_HOSTS: list.refine((names) => names.every(isHost), 'expected host names such as app.example').default([]),
  CORS_ORIGINS: list
    .refine((origins) => origins.every(isOrigin), 'expected origins such as https://app.example')
    .default([]),
  PROXY_HOPS: wholeNumber(0, 10).default(0),
  INTROSPECTION: onOrOff.optional(),
  GRAPHIQL: onOrOff.optional(),
  MAX_BODY_BYTES: wholeNumber(1000, 100_000_000).default(1_000_000),
  MAX_ANSWER_BYTES: wholeNumber(1000, 1_000_000_000).default(2_000_000),
  MAX_QUERY_BYTES: wholeNumber(100, 10_000_000).default(65_536),
  MAX_TOKENS: wholeNumber(10, 10_000).default(2000),
  MAX_DEPTH: wholeNumber(1, 1000).default(16),
  MAX_ALIASES: wholeNumber(0, 100_000).default(50),
  MAX_DIRECTIVES: wholeNumber(0, 100_000).default(50),
  MAX_COST: wholeNumber(1, 1_000_000_000).default(5000),
  COST_BUCKET: wholeNumber(1, 1_000_000_000).default(10_000),
  COST_RESTORE: wholeNumber(1, 1_000_000_000).default(5000),
  MAX_OPERATIONS_PER_VIEWER: wholeNumber(1, 1_000_000).default(16),
  MAX_EVENT_LOOP_DELAY_MS: wholeNumber(1, 3_600_000).default(500),
  MAX_WAITING_VIEWERS: wholeNumber(1, 1_000_000).default(50),
  MAX_PENDING_JOBS: wholeNumber(1, 1_000_000).default(100),
  TRUSTED_DOCUMENTS: z.string().min(1, 'expected the path of a JSON file').optional(),
  TRUSTED_DOCUMENTS_ONLY: onOrOff.default(false),
  CACHE_SECONDS: wholeNumber(0, 86_400).default(0),
  JWT_JWKS_URL: url(['http:', 'https:']).optional(),
  JWT_ISSUER: z.string().min(1, 'expected the `iss` of the tokens').optional(),
  JWT_AUDIENCE: z.string().min(1, 'expected the `aud` of the tokens').optional(),
  JWT_ROLE_CLAIM: z.string().min(1, 'expected the name of a claim').default('role'),
  JWT_OWNER_CLAIM: z.string().min(1, 'expected the name of a claim').optional(),
  FILES_DIR: z.string().min(1, 'expected a directory').optional(),
  UPLOAD_MAX_BYTES: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(2_000_000_000),
  FILES_MAX_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(100_000_000_000),
  FILES_MAX_BYTES_PER_OWNER: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(10_000_000_000),
  FILES_MAX_PER_OWNER: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(100_000),
  S3_BUCKET: z.string().min(1, 'expected the name of a bucket').optional(),
  S3_ENDPOINT: url(['http:', 'https:']).optional(),
  S3_REGION: z.string().min(1, 'expected a region').default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  TIME_ZONE: timeZone.default('UTC'),
  FETCH_ALLOWED: list.refine(isAllowlist, 'expected names, addresses or blocks such as 10.1.0.0/16').default([]),
  LOG: choice(['words', 'json', 'none']).optional(),
  LOG_LEVEL: choice(LOG_LEVELS).default('info'),
  SLOW_OPERATION_MS: milliseconds.default(1000),
  // The SDK reads these and all others of OpenTelemetry itself.
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:']).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url(['http:', 'https:']).optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  SENTRY_DSN: url(['http:', 'https:']).optional(),
  SENTRY_ENVIRONMENT: z.string().optional(),
  SENTRY_RELEASE: z.string().optional(),
});

/** Required if S3_BUCKET is set. */
const S3_KEYS = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

/** Required if JWT_JWKS_URL is set. */
const JWT_KEYS = ['JWT_ISSUER', 'JWT_AUDIENCE'] as const;

/** The settings of a service. */
interface ServiceSettings {
  url: string | undefined;
  timeoutMs: number | undefined;
  /** By the names that they have in the OpenAPI file. */
  credentials: Readonly<Record<string, string>>;
}

/** Every setting, checked and frozen. Empty environment variables count as not set. */
export type Config = Readonly<z.infer<typeof Environment>> & {
  /** Settings by service: `RATINGS_URL`, `RATINGS_TIMEOUT_MS` and `RATINGS_TOKEN` belong to the service `ratings`. */
  readonly services: Readonly<Record<string, ServiceSettings>>;
  /** The application's own settings. */
  readonly settings: Settings;
};

/** The parts of an application that add settings. */
export interface ConfigSource {
  services: ServiceDefinitions;
  settings: SettingsShape;
}

/** Invalid settings: one line for each, with its name and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from the environment; nothing else does.
 * @param required names of settings that the caller needs
 * @throws ConfigError naming every fault at once
 */
export function readConfig(
  { services, settings }: ConfigSource,
  required: readonly string[] = [],
  environment = process.env,
): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const serviceSettings = Object.entries(services).flatMap(([name, { contract }]) => [
    [urlSetting(name), serviceUrl],
    [timeoutSetting(name), milliseconds.optional()],
    ...Object.values(credentialSettings(name, contract)).map((setting) => [setting, credential]),
  ]);
  const all = Environment.extend(Object.fromEntries(serviceSettings)).extend(settings);
  const { data, error } = all.safeParse(given);
  const faults = (error?.issues ?? []).map(({ path, message }) => {
    const name = String(path[0]);
    return message === SECRET
      ? `  ${name}: ${message}`
      : `  ${name}: ${message}, got "${withoutPassword(given[name])}"`;
  });
  const needed: readonly string[] = [
    ...required,
    ...(given['S3_BUCKET'] ? S3_KEYS : []),
    ...(given['JWT_JWKS_URL'] ? JWT_KEYS : []),
    ...(given['DATABASE_POOLING'] === 'transaction' ? ['DATABASE_DIRECT_URL'] : []),
  ];
  const missing = needed.filter((name) => given[name] === undefined).map((name) => `  ${name}: expected, but not set`);
  if (!data || missing.length > 0) {
    throw new ConfigError(['These settings cannot be used:', ...faults, ...missing].join('\n'));
  }
  const found: Readonly<Record<string, unknown>> = data;
  return Object.freeze({
    ...(data as z.infer<typeof Environment>),
    services: Object.fromEntries(
      Object.entries(services).map(([name, definition]): [string, ServiceSettings] => {
        // A timeout in the service's definition overrides the setting for all services.
        const general = definition.timeoutMs === undefined ? found['SERVICE_TIMEOUT_MS'] : undefined;
        const timeoutMs = (found[timeoutSetting(name)] ?? general) as number | undefined;
        const credentials = Object.entries(credentialSettings(name, definition.contract)).flatMap(([key, setting]) =>
          found[setting] === undefined ? [] : [[key, found[setting] as string]],
        );
        const url = found[urlSetting(name)] as string | undefined;
        return [name, { url, timeoutMs, credentials: Object.fromEntries(credentials) }];
      }),
    ),
    settings: Object.fromEntries(Object.keys(settings).map((name) => [name, found[name]])) as Settings,
  });
}

/** Whether the standard variables of OpenTelemetry ask for traces. */
export function isTraced(config: Config): boolean {
  if (config.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || config.OTEL_TRACES_EXPORTER === 'none') return false;
  const { OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = config;
  return Boolean(OTEL_TRACES_EXPORTER || OTEL_EXPORTER_OTLP_ENDPOINT || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/** The environment of this process and these variables, for a program that it starts. */
export function environmentWith(variables: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return { ...process.env, ...variables };
}

/** The name of the setting with a service's URL: `RATINGS_URL`. */
export function urlSetting(service: string): string {
  return `${toSettingName(service)}_URL`;
}

/** The names of the settings with a service's tokens, keys and passwords, by credential: `RATINGS_TOKEN`. */
export function credentialSettings(service: string, { credentials }: Contract): Record<string, string> {
  const suffixes = Object.entries(toSettingSuffixes(credentials, toSettingName));
  return Object.fromEntries(suffixes.map(([name, suffix]) => [name, `${toSettingName(service)}_${suffix}`]));
}

/** The settings of a service, each with its meaning. */
export function settingsOfService(service: string, contract: Contract): Record<string, string> {
  const credentials = Object.values(credentialSettings(service, contract));
  return {
    [urlSetting(service)]: `where ${service} is; needed to start`,
    ...Object.fromEntries(credentials.map((name) => [name, `what ${service} asks for; needed to start`])),
    [timeoutSetting(service)]: `how long an answer of ${service} may take, in milliseconds`,
  };
}

/** Whether a setting of a service would be one of Gather: `DATABASE_URL` of a service `database`. */
export function hasSettingOfGather(service: string): boolean {
  return [urlSetting(service), timeoutSetting(service)].some((name) => Object.hasOwn(Environment.shape, name));
}

function timeoutSetting(service: string): string {
  return `${toSettingName(service)}_TIMEOUT_MS`;
}

/** `bookRatings` becomes `BOOK_RATINGS`. */
function toSettingName(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
}

function isAllowlist(allowed: readonly string[]): boolean {
  try {
    createPublicHosts(allowed, async () => []);
    return allowed.every((host) => /^[\w.:\-[\]]+(\/\d+)?$/.test(host));
  } catch {
    return false;
  }
}

function isHost(value: string): boolean {
  return /^[a-z0-9.-]+$|^\[[0-9a-f:.]+\]$/i.test(value);
}

function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.parse(value)?.origin === value;
}

/**
 * Whether PostgreSQL and JavaScript read a time zone alike. Short names such as `CET`, `IST` and `EST` are fixed offsets
 * to one and zones with summer time to the other, `+02:00` has opposite signs, and not every system knows old names such
 * as `US/Central`.
 */
function isTimeZone(value: string): boolean {
  if (/^utc$/i.test(value)) return true;
  if (!TIME_ZONE_BY_CITY.test(value)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
}

/** Hides everything before `@`, such as a password in a URL: messages may end up in a log. */
function withoutPassword(value = ''): string {
  return value.replace(/^.*@/s, '…@');
}
