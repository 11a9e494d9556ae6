import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { hashPassword } from '../../src/gather/accounts/argon2id.ts';
import { insertUser } from '../../src/gather/accounts/user-rows.ts';
import { Files } from '../../src/gather/files/files.ts';
import { createLocalStore } from '../../src/gather/files/local-store.ts';
import { Uploads } from '../../src/gather/files/uploads.ts';
import { startBalancer } from '../helpers/balancer.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Handler, type HttpServer, json, startHttpServer } from '../helpers/http-server.ts';
import { type Program, runGather } from '../helpers/program.ts';
import { startServices, type TestServices } from '../helpers/services.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RATINGS = '{ item(by: { sku: "SKU-00001" }) { averageRating name } }';
const PROMO = '{ home { promo { title } } }';
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }';
/** Statements and stacks, and where the project is. */
const INSIDES = [/\bselect\s+["\w*]/i, /\binsert into\b/i, /\bfrom "/, /(^|\\n) +at /, new RegExp(ROOT)];

let database: TestDatabase;
let services: TestServices;
let bucket: HttpServer;
let promo: HttpServer;
let server: Program;
let url: string;
let settings: Record<string, string>;

const canaries: string[] = [];

/** Something that must turn up nowhere. */
function canary(name: string): string {
  const planted = `canary-${name}-${randomUUID()}`;
  canaries.push(planted);
  return planted;
}

/** V8 shows ten characters of what it cannot parse. */
const shortCanary = 'hunter27';
canaries.push(shortCanary);

const S3_KEY = canary('s3-key');
const S3_SECRET = canary('s3-secret');
const EMAIL = 'canary@smokehouse.example';
const PASSWORD = canary('password');
const HEADERS: Record<string, string> = { cookie: `theme=${canary('cookie')}`, 'x-api-key': canary('api-key') };

beforeAll(async () => {
  database = await createTestDatabase();
  canaries.push(new URL(database.databaseUrl).password);
  services = await startServices();
  promo = await startHttpServer();
  bucket = await startHttpServer(refuseSignature);
  const { recommendations, pricing, inventory, suppliers } = services.urls;
  settings = {
    NODE_ENV: 'production',
    LOG: 'json',
    PORT: '0',
    DATABASE_URL: database.databaseUrl,
    PROMO_URL: withUser(promo.url, canary('promo')),
    RECOMMENDATIONS_URL: recommendations,
    PRICING_URL: pricing,
    INVENTORY_URL: inventory,
    SUPPLIERS_URL: suppliers,
    S3_BUCKET: 'gather',
    S3_ENDPOINT: bucket.url,
    S3_ACCESS_KEY_ID: S3_KEY,
    S3_SECRET_ACCESS_KEY: S3_SECRET,
  };
  server = runGather(['serve'], settings);
  url = await server.url();
  HEADERS['authorization'] = `Bearer ${await signIn()}`;
});
afterAll(async () => {
  server.kill('SIGINT');
  await server.exit();
  await server[Symbol.asyncDispose]();
  await Promise.all([promo.close(), bucket.close(), services.close()]);
  await database.drop();
});

test('a column that is not there', async () => {
  await database.ask('alter table review rename column rating to stars');
  onTestFinished(async () => void (await database.ask('alter table review rename column stars to rating')));
  for (const accept of ['application/json', 'multipart/mixed', 'text/event-stream']) {
    const query = RATINGS.replace('averageRating', '... @defer { averageRating }');
    const [answer, lines] = await send('/graphql', operation(query, {}, { accept }));
    expectFault(answer, lines);
    expect(answer).toContain('Something went wrong on our side.');
    expect(lines).toContain('src/gather/database/database.ts');
  }
});

test('an exception that a function of the database raises', async () => {
  const known = `${S3_SECRET}, ${S3_KEY} and ${new URL(database.databaseUrl).password}`;
  await database.ask(`
    create function raise_canary() returns integer language plpgsql as $$ begin
      raise exception 'no login with ${known}: password=${canary('raised')} token: "${canary('raised-token')}"'
        using detail = '${canary('detail')}', hint = '${canary('hint')}', table = '${canary('table')}';
    end $$`);
  await database.ask('alter table review rename to kept');
  await database.ask('create view public.review as select id, "itemId", raise_canary() as rating from kept');
  onTestFinished(async () => {
    await database.ask('drop view review');
    await database.ask('alter table kept rename to review');
  });
  const [answer, lines] = await send('/graphql', operation(RATINGS));
  expectFault(answer, lines);
  expect(lines).toContain('no login with …, … and …: password=…');
});

test('a value in the database that its type does not know', async () => {
  const status = canary('status');
  await database.ask('alter table item drop constraint item_status_check');
  await database.ask(`update item set status = $1 where sku = 'SKU-00001'`, [status]);
  onTestFinished(async () => {
    await database.ask(`update item set status = 'ACTIVE' where status = $1`, [status]);
    await database.ask(
      `alter table item add constraint item_status_check check (status in ('DRAFT', 'ACTIVE', 'RETIRED'))`,
    );
  });
  expectFault(...(await send('/graphql', operation('{ item(by: { sku: "SKU-00001" }) { status } }'))));
});

test('a mutation that a trigger stops', async () => {
  await database.ask(`
    create function stop() returns trigger language plpgsql as $$ begin
      raise exception 'nobody may: secret=${canary('trigger')}' using detail = new::text, hint = '${canary('hint')}';
    end $$`);
  await database.ask('create trigger stop before insert on task for each row execute function stop()');
  onTestFinished(async () => void (await database.ask('drop trigger stop on task')));
  const query = 'mutation ($title: String!) { createTask(input: { title: $title }) { task { id } } }';
  const [answer, lines] = await send('/graphql', operation(query, { title: canary('title') }));
  expectFault(answer, lines);
  expect(lines).toContain('nobody may: secret=…');
});

const secretive = (): Record<string, Handler> => ({
  'an error': (_, response) => void response.writeHead(500, { 'x-secret': canary('header') }).end(canary('body')),
  'a redirect': (_, response) =>
    void response
      .writeHead(302, { location: `http://user:${canary('password')}@host/?token=${canary('query')}` })
      .end(),
  'no JSON': (_, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(`{"a": ${canary('no-json')}`),
  'another shape': json({ title: 1, [canary('name')]: canary('value') }, { 'set-cookie': `s=${canary('set-cookie')}` }),
});
test.each(Object.keys(secretive()))('a service that answers with secrets: %s', async (name) => {
  promo.respond = secretive()[name] as Handler;
  const [answer] = await send('/graphql', operation(PROMO));
  expect(answer).toContain('UPSTREAM_');
});

test('a service that is down', async () => {
  promo.isDead = true;
  const [answer] = await send('/graphql', operation(PROMO));
  promo.isDead = false;
  expect(answer).toContain('UPSTREAM_UNAVAILABLE');
});

test.each([
  ['that are wrong', SIGN_IN, { input: { email: EMAIL, password: canary('password') } }],
  ['with one too many', SIGN_IN, { input: { email: 'a', password: canary('password'), rememberMe: true } }],
  ['with one too few', SIGN_IN, { input: { password: canary('password') } }],
  ['in a list', SIGN_IN, { input: [{ email: 'a', password: [canary('password')] }] }],
  ['in a string', SIGN_IN, { input: canary('password') }],
  ['of another type', SIGN_IN, { input: { email: 'a', password: { text: canary('password') } } }],
  [
    'in parts',
    `query ($by: ItemBy!) { ... @defer { item(by: $by) { id } } }`,
    { by: { password: canary('password') } },
  ],
  ['in the text', `mutation { signIn(input: { email: "a", password: "${canary('password')}", b: 1 }) { token } }`, {}],
  ['in place of an object', `mutation { signIn(input: "${canary('password')}") { token } }`, {}],
  ['in place of a number', `{ menu { items(first: "${canary('password')}") { nodes { id } } } }`, {}],
  ['where no value belongs', `mutation { signIn("${canary('password')}") { token } }`, {}],
])('credentials %s', async (_, query, variables) => {
  const [answer] = await send('/graphql', operation(query, variables));
  expect(answer).toMatch(/"code":"/);
  await send('/graphql', operation(query, variables, { accept: 'multipart/mixed' }));
  await send(`/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`, {});
});

test('variables of an operation whose fault quotes them', async () => {
  await database.ask(`
    create function quote() returns trigger language plpgsql as $$ begin
      raise exception 'nobody may call it % or %', new.title, upper(new.title);
    end $$`);
  await database.ask('create trigger quote before insert on task for each row execute function quote()');
  onTestFinished(async () => void (await database.ask('drop trigger quote on task')));
  const asVariable = 'mutation ($title: String!) { createTask(input: { title: $title }) { task { id } } }';
  const asLiteral = `mutation { createTask(input: { title: "${shortCanary}" }) { task { id } } }`;
  for (const query of [asVariable, asLiteral]) {
    const [answer, lines] = await send('/graphql', operation(query, { title: shortCanary }));
    expectFault(answer, lines);
    expect(lines).toContain('nobody may call it … or HUNTER27');
  }
});

test('a trace that is none, and an alias', async () => {
  const secret = canary('trace');
  await send('/graphql', operation(PROMO, {}, { traceparent: `00-${secret}-01` }));
  await send('/graphql', operation(`query { alias_${shortCanary}: about { name } nothing }`));
});

test.each([
  ['a session that does not go on', { authorization: `Bearer gather_${'canary'.repeat(7)}A` }],
  ['a token of another kind', { authorization: `Bearer ${canary('bearer')}` }],
  ['a name and a password', { authorization: `Basic ${btoa(`gather:${canary('basic')}`)}` }],
  ['a token that is none of ours', { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiU1RBRkYifQ.canary' }],
  ['a cookie of a session', { authorization: '', cookie: `gather_session=${canary('session')}` }],
])('credentials that are no good: %s', async (_, headers) => {
  const value = Object.values(headers)
    .join('')
    .replace(/^\w+[ =]/, '');
  canaries.push(value);
  const answers = await Promise.all(
    [PROMO, RATINGS, 'mutation { signOut { userErrors { code } } }'].map((query) =>
      send('/graphql', operation(query, {}, headers)),
    ),
  );
  expect(answers).toHaveLength(3);
});

test.each([
  ['no JSON', `{"query": ${canary('json')}`],
  ['JSON with a word in it', `{"password":${shortCanary}}`],
  ['what breaks off', `{"variables":{"password":"${canary('json')}`],
])('a body of %s', async (_, body) => {
  await send('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
});

test('an upload whose store refuses it', async () => {
  const token = await announce(3);
  const [answer, lines] = await send(`/uploads/${token}`, { method: 'PUT', body: 'abc' });
  expectFault(answer, lines);
  expect(lines).toContain('status 403');
  await send(`/uploads/${token}`, { method: 'HEAD' });
  await send(`/uploads/${token}`, { method: 'PATCH', body: 'abc' });
  await send(`/uploads/${token}?token=${token}`, { method: 'POST', body: 'abc' });
  await send(`/uploads/${token}x`, { method: 'DELETE' });
});

test('a file whose store refuses it', async () => {
  const key = randomUUID();
  await database.ask(
    `insert into file (key, name, type, size, sha256, owner) values ($1, 'a.txt', 'text/plain', 3, 'x', 'public')`,
    [key],
  );
  const [answer, lines] = await send(`/files/${key}`, {});
  expectFault(answer, lines);
  expect(lines).toContain('SignatureDoesNotMatch');
});

test('addresses and ways that there are none of', async () => {
  const token = canary('address');
  await send(`/nothing/${token}?token=${token}`, {});
  await send(`/graphql/${token}`, { method: 'PUT', body: token });
  await send('/graphql', { method: 'POST', body: token });
  // What a client accepts is no secret: it is told what it sent, and the log is not.
  const accept = `text/${randomUUID()}`;
  const [answer, lines] = await send('/graphql', { headers: { accept } });
  expect(answer).toContain(accept);
  expect(lines).not.toContain(accept);
});

test('a database that cannot be reached, at the start and later', async () => {
  const address = new URL(database.databaseUrl);
  // Leads to the database until it is cut.
  const way = await startBalancer([database.databaseUrl]);
  address.host = new URL(way.url).host;
  address.searchParams.set('application_name', canary('option'));
  await using lonely = runGather(['serve'], { ...settings, DATABASE_URL: address.href });
  const lonelyUrl = await lonely.url();
  await way[Symbol.asyncDispose]();
  await using barred = runGather(['serve'], { ...settings, DATABASE_URL: address.href });
  await barred.exit();
  expect(barred.stderr).toContain('ECONNREFUSED');
  expectClean(barred.stdout + barred.stderr, 'The log');
  for (const path of ['/ready', `/files/${randomUUID()}`, `/uploads/${'a'.repeat(43)}`]) {
    const response = await fetch(`${lonelyUrl}${path}`, { headers: HEADERS });
    expectClean(await whole(response), 'The answer');
  }
  await (await fetch(`${lonelyUrl}/graphql`, operation(RATINGS))).text();
  lonely.kill('SIGINT');
  await lonely.exit();
  expect(lonely.stdout).toContain('DATABASE_UNAVAILABLE');
  expectClean(lonely.stdout + lonely.stderr, 'The log');
});

test('whatever else was logged meanwhile', () => {
  expect(server.stdout).toContain('"operation"');
  expectClean(server.stdout + server.stderr, 'The log');
});

/** Sends a request with all that is secret in its headers. @returns the answer and what was logged meanwhile */
async function send(path: string, init: RequestInit): Promise<[answer: string, lines: string]> {
  const seen = server.stdout.length;
  const headers = { ...HEADERS, ...init.headers };
  const response = await fetch(`${url}${path}`, { ...init, headers, redirect: 'manual' });
  const answer = await whole(response);
  // Its lines come before that of a request after it.
  const { headers: after } = await fetch(`${url}/graphql`, operation('query After { about { name } }'));
  await server.said(new RegExp(`${after.get('x-request-id')}.*\n`));
  const lines = server.stdout.slice(seen);
  expectClean(answer, 'The answer');
  expectClean(lines + server.stderr, 'The log');
  return [answer, lines];
}

/** @returns the token of a session of somebody who may do everything */
async function signIn(): Promise<string> {
  const passwordHash = await hashPassword(PASSWORD);
  await insertUser(database.database, { email: EMAIL, name: 'Canary', role: 'STAFF', passwordHash });
  const response = await fetch(`${url}/graphql`, operation(SIGN_IN, { input: { email: EMAIL, password: PASSWORD } }));
  const { data } = await response.json();
  canaries.push(data.signIn.token);
  return data.signIn.token;
}

/** Status, headers and body. */
async function whole(response: Response): Promise<string> {
  return JSON.stringify([response.status, [...response.headers]]) + (await response.text());
}

function expectClean(text: string, what: string): void {
  for (const line of text.split('\n')) {
    for (const secret of canaries) expect(line.includes(secret), `${what} has ${secret}: ${line}`).toBe(false);
    for (const inside of INSIDES) expect(line, what).not.toMatch(inside);
  }
}

/** The answer has an ID by which one line of the log is found that says what went wrong. */
function expectFault(answer: string, lines: string): void {
  const [, id = 'none'] = /"requestId":"([\w-]{36})"/.exec(answer) ?? [];
  const faults = lines.split('\n').filter((line) => line.includes('"level":50'));
  expect(faults).toEqual([expect.stringContaining(`"requestId":"${id}"`)]);
}

function operation(query: string, variables: object = {}, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  };
}

/** Has the server expect an upload. @returns its token */
async function announce(size: number): Promise<string> {
  const store = createLocalStore('/nowhere');
  const files = new Files({
    store,
    attachments: {},
    maxBytes: 10,
    quota: { maxBytes: 100, maxBytesPerOwner: 100, maxFilesPerOwner: 10 },
    onKept: async () => {},
    onDeleted: async () => {},
  });
  const uploads = new Uploads({ files, pools: database.pools });
  const { token } = await uploads.create(database.database, { name: 'a.txt', owner: null, size });
  canaries.push(token);
  return token;
}

/** What S3 answers to a wrong key: with what was signed, and how. */
function refuseSignature({ headers }: Parameters<Handler>[0], response: Parameters<Handler>[1]): void {
  response.writeHead(403, { 'content-type': 'application/xml', 'x-amz-request-id': canary('s3-request') });
  response.end(`<Error><Code>SignatureDoesNotMatch</Code><Message>Bearer ${canary('s3-message')}</Message>
    <AWSAccessKeyId>${S3_KEY}</AWSAccessKeyId><StringToSign>${headers.authorization} ${canary('s3-signed')}</StringToSign>
  </Error>`);
}

function withUser(address: string, password: string): string {
  return address.replace('://', `://gather:${password}@`);
}
