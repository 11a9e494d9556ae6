import { expect, test } from 'vitest';
import * as z from 'zod';
import { ConfigError, readConfig } from '../../src/gather/config.ts';
import { defineService } from '../../src/gather/services/define-service.ts';
import { library } from './library/index.ts';

/** One more service, which says itself how long it may take. */
const bookSellers = defineService({ operations: {}, credentials: {}, definitions: {} }, { timeoutMs: 5000 });
const app = {
  ...library,
  services: { ...library.services, bookSellers },
  settings: { ...library.settings, NOTICE_FILE: z.string().optional() },
};

test('without settings there are defaults', () => {
  expect(readConfig(app, [], {})).toEqual({
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: 4000,
    DATA_DIR: '.gather',
    GATHER_SCHEMA: 'gather',
    GATHER_JOBS_SCHEMA: 'gather_jobs',
    DATABASE_CONNECTIONS: 10,
    DATABASE_POOLING: 'session',
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
    MAX_OPERATIONS_PER_VIEWER: 16,
    MAX_EVENT_LOOP_DELAY_MS: 500,
    MAX_WAITING_VIEWERS: 50,
    MAX_PENDING_JOBS: 100,
    TRUSTED_DOCUMENTS_ONLY: false,
    CACHE_SECONDS: 0,
    JWT_ROLE_CLAIM: 'role',
    FILES_MAX_BYTES: 100_000_000_000,
    FILES_MAX_BYTES_PER_OWNER: 10_000_000_000,
    FILES_MAX_PER_OWNER: 100_000,
    S3_REGION: 'us-east-1',
    TIME_ZONE: 'UTC',
    FETCH_ALLOWED: [],
    LOG_LEVEL: 'info',
    SLOW_OPERATION_MS: 1000,
    LOAN_DAYS: 21,
    services: { ratings: { credentials: {} }, shelves: { credentials: {} }, bookSellers: { credentials: {} } },
    settings: { LOAN_DAYS: 21 },
  });
});

test('settings are read, and frozen', () => {
  const given = {
    NODE_ENV: 'production',
    HOST: '::1',
    PORT: '0',
    DATA_DIR: '/data',
    DATABASE_URL: 'postgresql://gather:secret@db:5433/books',
    GATHER_SCHEMA: 'engine',
    GATHER_JOBS_SCHEMA: 'queue_2',
    DATABASE_CONNECTIONS: '1000',
    DATABASE_DIRECT_URL: 'postgres://gather:secret@db:5432/books',
    DATABASE_REPLICA_URL: 'postgres://gather:secret@replica/books',
    DATABASE_POOLING: 'transaction',
    RATINGS_URL: 'https://ratings.example/v1',
    SHELVES_URL: 'http://[::1]:82',
    BOOK_SELLERS_URL: 'http://sellers:81',
    SERVICES_PORT: '65531',
    SERVICE_TIMEOUT_MS: '1',
    BOOK_SELLERS_TIMEOUT_MS: '3600000',
    OPERATION_TIMEOUT_MS: '100',
    STATEMENT_TIMEOUT_MS: '200',
    PUBLIC_URL: 'https://books.example',
    FILES_DIR: '/files',
    FILES_MAX_BYTES: '2000',
    FILES_MAX_BYTES_PER_OWNER: '1000',
    FILES_MAX_PER_OWNER: '500',
    UPLOAD_MAX_BYTES: '1000',
    DRAIN_TIMEOUT_MS: '1',
    SHUTDOWN_DELAY_MS: '0',
    KEEP_ALIVE_TIMEOUT_MS: '1',
    ALLOWED_HOSTS: 'books.example, [::1]',
    CORS_ORIGINS: 'https://books.example,http://localhost:3000',
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
    MAX_OPERATIONS_PER_VIEWER: '1',
    MAX_EVENT_LOOP_DELAY_MS: '1',
    MAX_WAITING_VIEWERS: '1',
    MAX_PENDING_JOBS: '1',
    TRUSTED_DOCUMENTS: 'documents.json',
    TRUSTED_DOCUMENTS_ONLY: 'on',
    CACHE_SECONDS: '0',
    JWT_JWKS_URL: 'https://issuer.example/keys',
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'library',
    JWT_ROLE_CLAIM: 'roles',
    S3_BUCKET: 'library',
    S3_ENDPOINT: 'http://127.0.0.1:9000',
    S3_REGION: 'eu-central-1',
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
    TIME_ZONE: 'America/Chicago',
    FETCH_ALLOWED: 'intranet.example, 10.0.0.0/8,',
    LOAN_DAYS: '14',
    NOTICE_FILE: 'notice.txt',
    LOG: 'none',
    LOG_LEVEL: 'warn',
    SLOW_OPERATION_MS: '1',
  };
  const config = readConfig(app, ['DATABASE_URL', 'RATINGS_URL'], given);
  const numbers = Object.entries(given).map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]);
  expect(config).toEqual({
    ...Object.fromEntries(numbers),
    FETCH_ALLOWED: ['intranet.example', '10.0.0.0/8'],
    ALLOWED_HOSTS: ['books.example', '[::1]'],
    CORS_ORIGINS: ['https://books.example', 'http://localhost:3000'],
    INTROSPECTION: true,
    GRAPHIQL: false,
    TRUSTED_DOCUMENTS_ONLY: true,
    services: {
      ratings: { url: given.RATINGS_URL, timeoutMs: 1, credentials: {} },
      shelves: { url: given.SHELVES_URL, timeoutMs: 1, credentials: {} },
      bookSellers: { url: given.BOOK_SELLERS_URL, timeoutMs: 3_600_000, credentials: {} },
    },
    settings: { LOAN_DAYS: 14, NOTICE_FILE: 'notice.txt' },
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('the timeout for services is that of those whose definitions have none of their own', () => {
  const { services } = readConfig(app, [], { SERVICE_TIMEOUT_MS: '100', RATINGS_TIMEOUT_MS: '200' });
  const timeouts = Object.entries(services).map(([name, { timeoutMs }]) => [name, timeoutMs]);
  expect(Object.fromEntries(timeouts)).toEqual({ ratings: 200, shelves: 100, bookSellers: undefined });
});

test('an empty setting is one that is not set', () => {
  const empty = Object.fromEntries(Object.keys(readConfig(app, [], {})).map((name) => [name, '']));
  expect(readConfig(app, [], { ...empty, DATABASE_URL: '', NOTICE_FILE: '', LOG: '' })).toEqual(
    readConfig(app, [], {}),
  );
  expect(() => readConfig(app, ['DATABASE_URL'], { DATABASE_URL: '' })).toThrow('DATABASE_URL: expected, but not set');
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
  expect(readConfig(app, [], { PATH: '/bin', port: '1' })).toEqual(readConfig(app, [], {}));
});

test('every fault is told at once, by name, with what was expected and what came', () => {
  const wrong = {
    NODE_ENV: 'prod',
    PORT: '65536',
    DATABASE_URL: 'books',
    GATHER_SCHEMA: 'Gather',
    DATABASE_CONNECTIONS: '0',
    RATINGS_URL: 'ratings.example',
    SERVICES_PORT: '65532',
    SERVICE_TIMEOUT_MS: '2s',
    SHELVES_TIMEOUT_MS: '-1',
    OPERATION_TIMEOUT_MS: '1e3',
    STATEMENT_TIMEOUT_MS: '3600001',
    TIME_ZONE: '+02:00',
    LOG: 'loud',
  };
  expect(faultsOf(['DATABASE_URL', 'SHELVES_URL', 'BOOK_SELLERS_URL'], wrong)).toEqual([
    'NODE_ENV: expected one of development, production, test, got "prod"',
    'PORT: expected a whole number from 0 to 65535, got "65536"',
    'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://, got "books"',
    'GATHER_SCHEMA: expected the name of a schema, in lower case, such as gather, got "Gather"',
    'DATABASE_CONNECTIONS: expected a whole number from 1 to 1000, got "0"',
    'SERVICES_PORT: expected a whole number from 0 to 65531, got "65532"',
    'SERVICE_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "2s"',
    'OPERATION_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "1e3"',
    'STATEMENT_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "3600001"',
    'TIME_ZONE: expected UTC, or the IANA name of a time zone by area and city, such as America/Chicago, got "+02:00"',
    'LOG: expected one of words, json, none, got "loud"',
    'RATINGS_URL: expected a URL that begins with http:// or https://, got "ratings.example"',
    'SHELVES_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "-1"',
    'SHELVES_URL: expected, but not set',
    'BOOK_SELLERS_URL: expected, but not set',
  ]);
});

test.each([
  ['mysql://root:secret@db/books', '…@db/books'],
  ['mysql://root:se@cret@db/books', '…@db/books'],
  ['root:secret@db', '…@db'],
])('a fault does not show the password of %s', (DATABASE_URL, shown) => {
  expect(faultsOf([], { DATABASE_URL })).toEqual([
    `DATABASE_URL: expected a URL that begins with postgres:// or postgresql://, got "${shown}"`,
  ]);
});

function faultsOf(required: readonly string[], environment: Record<string, string>): string[] {
  try {
    readConfig(app, required, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [title, ...lines] = error.message.split('\n');
    expect(title).toBe('These settings cannot be used:');
    return lines.map((line) => line.replace(/^ {2}/, ''));
  }
  return [];
}
