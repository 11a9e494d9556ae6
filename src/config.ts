import * as z from 'zod';
import { createPublicHosts } from './upstreams/public-hosts.ts';

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
const serviceUrl = url(['http:', 'https:']).optional();

const timeZone = z
  .string()
  .refine((value) => isTimeZone(value), 'expected the IANA name of a time zone, such as America/Chicago');

const hosts = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

const Environment = z.object({
  NODE_ENV: choice(['development', 'production', 'test']).default('development'),
  HOST: z.string().min(1, 'expected a host name or an address').default('127.0.0.1'),
  PORT: port.default(4000),
  DATA_DIR: z.string().min(1, 'expected a directory').default('.gather'),
  DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  DATABASE_CONNECTIONS: wholeNumber(1, 1000).default(10),
  PROMO_URL: serviceUrl,
  RECOMMENDATIONS_URL: serviceUrl,
  PRICING_URL: serviceUrl,
  INVENTORY_URL: serviceUrl,
  SUPPLIERS_URL: serviceUrl,
  SERVICES_PORT: wholeNumber(0, 65_531).default(4100),
  DASHBOARD_HOST: z.string().min(1, 'expected a host name or an address').default('127.0.0.1'),
  DASHBOARD_PORT: port.default(4001),
  DASHBOARD_PASSWORD: z.string().min(12, 'expected at least 12 characters').optional(),
  SERVICE_TIMEOUT_MS: milliseconds.default(2000),
  SUPPLIERS_TIMEOUT_MS: milliseconds.default(5000),
  OPERATION_TIMEOUT_MS: milliseconds.default(15_000),
  STATEMENT_TIMEOUT_MS: milliseconds.default(10_000),
  PUBLIC_URL: url(['http:', 'https:']).optional(),
  FILES_DIR: z.string().min(1, 'expected a directory').optional(),
  UPLOAD_MAX_BYTES: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(2_000_000_000),
  S3_BUCKET: z.string().min(1, 'expected the name of a bucket').optional(),
  S3_ENDPOINT: url(['http:', 'https:']).optional(),
  S3_REGION: z.string().min(1, 'expected a region').default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  TIME_ZONE: timeZone.default('UTC'),
  FETCH_ALLOWED: hosts.refine(isReadable, 'expected names, addresses or blocks such as 10.1.0.0/16').default([]),
  ABOUT_FILE: z.string().min(1, 'expected the path of a JSON file').optional(),
  LOG: choice(['words', 'json', 'none']).optional(),
});

/** What a bucket cannot be reached without. */
const S3_KEYS = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

type Variable = keyof z.infer<typeof Environment>;

/** Every setting, checked and frozen. Those of the environment that are empty count as not set. */
export type Config = Readonly<z.infer<typeof Environment>>;

/** Settings that cannot be used: a line for each, with its name and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from the environment: the one place that does.
 * @param required settings that this use cannot do without
 * @throws ConfigError naming every fault at once
 */
export function readConfig(required: readonly Variable[] = [], environment = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { data, error } = Environment.safeParse(given);
  const faults = (error?.issues ?? []).map(({ path, message }) => {
    const name = String(path[0]);
    return `  ${name}: ${message}, got "${name === 'DASHBOARD_PASSWORD' ? '…' : withoutPassword(given[name])}"`;
  });
  const needed: readonly Variable[] = given['S3_BUCKET'] ? [...required, ...S3_KEYS] : required;
  const missing = needed.filter((name) => given[name] === undefined).map((name) => `  ${name}: expected, but not set`);
  if (!data || missing.length > 0) {
    throw new ConfigError(['These settings cannot be used:', ...faults, ...missing].join('\n'));
  }
  return Object.freeze(data);
}

function isReadable(allowed: readonly string[]): boolean {
  try {
    createPublicHosts(allowed, async () => []);
    return allowed.every((host) => /^[\w.:\-[\]]+(\/\d+)?$/.test(host));
  } catch {
    return false;
  }
}

/** By name: PostgreSQL and JavaScript read the signs of `+02:00` each the other way. */
function isTimeZone(value: string): boolean {
  if (!/^[a-z]/i.test(value)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
}

/** What is shown may end up in a log. */
function withoutPassword(value = ''): string {
  return value.replace(/^.*@/s, '…@');
}
