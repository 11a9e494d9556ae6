import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../../src/gather/config.ts';
import { smokehouse } from '../../../src/smokehouse/index.ts';

test('without settings there are defaults', () => {
  expect(readConfig(smokehouse, [], {})).toEqual({
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: 4000,
    DATA_DIR: '.gather',
    GATHER_SCHEMA: 'gather',
    GATHER_JOBS_SCHEMA: 'gather_jobs',
    DATABASE_CONNECTIONS: 10,
    SERVICES_PORT: 4100,
    OPERATION_TIMEOUT_MS: 15_000,
    STATEMENT_TIMEOUT_MS: 10_000,
    UPLOAD_MAX_BYTES: 2_000_000_000,
    DRAIN_TIMEOUT_MS: 5000,
    KEEP_ALIVE_TIMEOUT_MS: 65_000,
    ALLOWED_HOSTS: [],
    CORS_ORIGINS: [],
    PROXY_HOPS: 0,
    MAX_BODY_BYTES: 1_000_000,
    MAX_ANSWER_BYTES: 2_000_000,
    MAX_QUERY_BYTES: 65_536,
    MAX_TOKENS: 2000,
    MAX_DEPTH: 16,
    MAX_ALIASES: 50,
    MAX_DIRECTIVES: 50,
    MAX_COST: 5000,
    COST_BUCKET: 10_000,
    COST_RESTORE: 5000,
    MAX_PENDING_JOBS: 100,
    TRUSTED_DOCUMENTS_ONLY: false,
    CACHE_SECONDS: 0,
    JWT_ROLE_CLAIM: 'role',
    FILES_MAX_BYTES: 100_000_000_000,
    FILES_MAX_BYTES_PER_OWNER: 10_000_000_000,
    S3_REGION: 'us-east-1',
    TIME_ZONE: 'UTC',
    FETCH_ALLOWED: [],
    services: { promo: {}, recommendations: {}, pricing: {}, inventory: {}, suppliers: {} },
    settings: {},
  });
});

test('settings are read, and frozen', () => {
  const given = {
    NODE_ENV: 'production',
    HOST: '::1',
    PORT: '0',
    DATA_DIR: '/data',
    DATABASE_URL: 'postgresql://gather:secret@db:5433/shop',
    GATHER_SCHEMA: 'engine',
    GATHER_JOBS_SCHEMA: 'queue_2',
    DATABASE_CONNECTIONS: '1000',
    PROMO_URL: 'https://promo.example/v1',
    RECOMMENDATIONS_URL: 'http://recommendations',
    PRICING_URL: 'http://pricing:81',
    INVENTORY_URL: 'http://[::1]:82',
    SUPPLIERS_URL: 'http://127.0.0.1',
    SERVICES_PORT: '65531',
    SERVICE_TIMEOUT_MS: '1',
    SUPPLIERS_TIMEOUT_MS: '3600000',
    OPERATION_TIMEOUT_MS: '100',
    STATEMENT_TIMEOUT_MS: '200',
    PUBLIC_URL: 'https://shop.example',
    FILES_DIR: '/files',
    FILES_MAX_BYTES: '2000',
    FILES_MAX_BYTES_PER_OWNER: '1000',
    UPLOAD_MAX_BYTES: '1000',
    DRAIN_TIMEOUT_MS: '1',
    SHUTDOWN_DELAY_MS: '0',
    KEEP_ALIVE_TIMEOUT_MS: '1',
    ALLOWED_HOSTS: 'shop.example, [::1]',
    CORS_ORIGINS: 'https://shop.example,http://localhost:3000',
    PROXY_HOPS: '2',
    INTROSPECTION: 'on',
    GRAPHIQL: 'off',
    MAX_BODY_BYTES: '1000',
    MAX_ANSWER_BYTES: '1000',
    MAX_QUERY_BYTES: '100',
    MAX_TOKENS: '10',
    MAX_DEPTH: '1',
    MAX_ALIASES: '0',
    MAX_DIRECTIVES: '0',
    MAX_COST: '1',
    COST_BUCKET: '1',
    COST_RESTORE: '1',
    MAX_PENDING_JOBS: '1',
    TRUSTED_DOCUMENTS: 'documents.json',
    TRUSTED_DOCUMENTS_ONLY: 'on',
    CACHE_SECONDS: '0',
    JWT_JWKS_URL: 'https://issuer.example/keys',
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'smokehouse',
    JWT_ROLE_CLAIM: 'roles',
    S3_BUCKET: 'smokehouse',
    S3_ENDPOINT: 'http://127.0.0.1:9000',
    S3_REGION: 'eu-central-1',
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
    TIME_ZONE: 'America/Chicago',
    FETCH_ALLOWED: 'intranet.example, 10.0.0.0/8,',
    ABOUT_FILE: 'about.json',
    LOG: 'none',
  };
  const config = readConfig(smokehouse, ['DATABASE_URL', 'PROMO_URL'], given);
  const numbers = Object.entries(given).map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]);
  expect(config).toEqual({
    ...Object.fromEntries(numbers),
    FETCH_ALLOWED: ['intranet.example', '10.0.0.0/8'],
    ALLOWED_HOSTS: ['shop.example', '[::1]'],
    CORS_ORIGINS: ['https://shop.example', 'http://localhost:3000'],
    INTROSPECTION: true,
    GRAPHIQL: false,
    TRUSTED_DOCUMENTS_ONLY: true,
    services: {
      promo: { url: given.PROMO_URL, timeoutMs: 1 },
      recommendations: { url: given.RECOMMENDATIONS_URL, timeoutMs: 1 },
      pricing: { url: given.PRICING_URL, timeoutMs: 1 },
      inventory: { url: given.INVENTORY_URL, timeoutMs: 1 },
      suppliers: { url: given.SUPPLIERS_URL, timeoutMs: 3_600_000 },
    },
    settings: { ABOUT_FILE: 'about.json' },
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('the timeout for services is that of those whose definitions have none of their own', () => {
  const { services } = readConfig(smokehouse, [], { SERVICE_TIMEOUT_MS: '100', PRICING_TIMEOUT_MS: '200' });
  const timeouts = Object.entries(services).map(([name, { timeoutMs }]) => [name, timeoutMs]);
  expect(Object.fromEntries(timeouts)).toEqual({
    promo: 100,
    recommendations: 100,
    pricing: 200,
    inventory: 100,
    suppliers: undefined,
  });
});

test('an empty setting is one that is not set', () => {
  const empty = Object.fromEntries(Object.keys(readConfig(smokehouse, [], {})).map((name) => [name, '']));
  expect(readConfig(smokehouse, [], { ...empty, DATABASE_URL: '', ABOUT_FILE: '', LOG: '' })).toEqual(
    readConfig(smokehouse, [], {}),
  );
  expect(() => readConfig(smokehouse, ['DATABASE_URL'], { DATABASE_URL: '' })).toThrow(
    'DATABASE_URL: expected, but not set',
  );
});

test.each([
  ...['CET', 'MET', 'EET', 'WET', 'EST', 'MST', 'HST', 'IST', 'EST5EDT', 'CST6CDT', 'PST8PDT', 'PST', 'BST', 'GMT'],
  ...['GMT+5', 'Etc/GMT+5', 'Etc/UTC', 'US/Central', 'Brazil/East', 'GB', 'Zulu', 'Factory', 'posixrules', 'localtime'],
  ...['+02:00', 'UTC+2', 'UTC-5', '<-03>3', 'CET-1CEST', 'Europe/Berlin,M3.5.0', 'posix/Europe/Berlin', 'Europe'],
  ...['Europe/Atlantis', 'Europe/../UTC', 'Europe/Berlin ', "Europe/Berlin'", '1', 'default'],
])('a time zone is UTC or that of a city: %s is refused', (name) => {
  expect(faultsOf([], { TIME_ZONE: name })).toEqual([
    `TIME_ZONE: expected UTC, or the IANA name of a time zone by area and city, such as America/Chicago, got "${name}"`,
  ]);
});

test('what the environment has besides does not matter', () => {
  expect(readConfig(smokehouse, [], { PATH: '/bin', port: '1' })).toEqual(readConfig(smokehouse, [], {}));
});

test('every fault is told at once, by name, with what was expected and what came', () => {
  const wrong = {
    NODE_ENV: 'prod',
    PORT: '65536',
    DATABASE_URL: 'shop',
    GATHER_SCHEMA: 'Gather',
    DATABASE_CONNECTIONS: '0',
    PROMO_URL: 'promo.example',
    SERVICES_PORT: '65532',
    SERVICE_TIMEOUT_MS: '2s',
    SUPPLIERS_TIMEOUT_MS: '-1',
    OPERATION_TIMEOUT_MS: '1e3',
    STATEMENT_TIMEOUT_MS: '3600001',
    TIME_ZONE: '+02:00',
    LOG: 'loud',
  };
  expect(faultsOf(['DATABASE_URL', 'PRICING_URL', 'INVENTORY_URL'], wrong)).toEqual([
    'NODE_ENV: expected one of development, production, test, got "prod"',
    'PORT: expected a whole number from 0 to 65535, got "65536"',
    'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://, got "shop"',
    'GATHER_SCHEMA: expected the name of a schema, in lower case, such as gather, got "Gather"',
    'DATABASE_CONNECTIONS: expected a whole number from 1 to 1000, got "0"',
    'SERVICES_PORT: expected a whole number from 0 to 65531, got "65532"',
    'SERVICE_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "2s"',
    'OPERATION_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "1e3"',
    'STATEMENT_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "3600001"',
    'TIME_ZONE: expected UTC, or the IANA name of a time zone by area and city, such as America/Chicago, got "+02:00"',
    'LOG: expected one of words, json, none, got "loud"',
    'PROMO_URL: expected a URL that begins with http:// or https://, got "promo.example"',
    'SUPPLIERS_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "-1"',
    'PRICING_URL: expected, but not set',
    'INVENTORY_URL: expected, but not set',
  ]);
});

test.each([
  ['mysql://root:secret@db/shop', '…@db/shop'],
  ['mysql://root:se@cret@db/shop', '…@db/shop'],
  ['root:secret@db', '…@db'],
])('a fault does not show the password of %s', (DATABASE_URL, shown) => {
  expect(faultsOf([], { DATABASE_URL })).toEqual([
    `DATABASE_URL: expected a URL that begins with postgres:// or postgresql://, got "${shown}"`,
  ]);
});

function faultsOf(required: readonly string[], environment: Record<string, string>): string[] {
  try {
    readConfig(smokehouse, required, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [title, ...lines] = error.message.split('\n');
    expect(title).toBe('These settings cannot be used:');
    return lines.map((line) => line.replace(/^ {2}/, ''));
  }
  return [];
}
