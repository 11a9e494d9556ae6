import { glob, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STAFF_HEADERS, startTestApp, TEST_LIMITS, type TestApp } from '../../helpers/app.ts';
import { exchange } from '../../helpers/raw-socket.ts';

/** A request that is refused. */
interface Case {
  /** The places in the source that send this status: `http/cors.ts 403`. */
  of: string[];
  /** The first line without the version, other headers than Host, and the body. */
  request: string;
  headers?: Record<string, string>;
  body?: string;
  status: number;
  /** What the message says: what was expected, what came, and which setting decides. */
  says: RegExp;
  code?: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'multipart/form-data; boundary=x', 'x-gather-preflight': '1' };
const TUS = { 'tus-resumable': '1.0.0' };
const POST = 'POST /graphql';
const BIG = 'x'.repeat(2000);

const query = (text: string, rest: object = {}) => JSON.stringify({ query: text, ...rest });
const form = (...parts: [name: string, content: string, file?: string][]) =>
  [
    ...parts.map(([name, content, file]) => {
      const filename = file === undefined ? '' : `; filename="${file}"`;
      return `--x\r\ncontent-disposition: form-data; name="${name}"${filename}\r\n\r\n${content}\r\n`;
    }),
    '--x--\r\n',
  ].join('');
const files = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [index, ['variables.a']])));
const OPERATIONS = query('{ about { name } }', { variables: { a: null, b: 1 } });

const CASES: Record<string, Case> = {
  'another host': {
    of: ['http/authority.ts 421'],
    request: 'GET /graphql',
    headers: { host: 'evil.example' },
    status: 421,
    says: /to a host that this server answers to \(ALLOWED_HOSTS, PUBLIC_URL\), got one to "evil\.example"/,
  },
  'no host': {
    of: ['http/authority.ts 400'],
    request: 'GET /graphql',
    headers: { host: '' },
    status: 400,
    says: /a host such as app\.example:4000 in the header Host, got none/,
  },
  'a page of another origin': {
    of: ['http/cors.ts 403'],
    request: 'OPTIONS /graphql',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    status: 403,
    says: /an allowed origin \(CORS_ORIGINS\), got one of "https:\/\/evil\.example"/,
  },
  'an upgrade to WebSocket': {
    of: ['http/accept-request.ts 400'],
    request: 'GET /graphql',
    headers: { connection: 'upgrade', upgrade: 'websocket' },
    status: 400,
    says: /an HTTP request, got an upgrade to WebSocket\. Subscriptions use server-sent events/,
  },
  'another path': {
    of: ['http/nothing-here.ts 404'],
    request: 'GET /',
    status: 404,
    says: /one of the paths \/graphql, \/health, \/ready, .*, got "\/"/,
    code: 'NOT_FOUND',
  },
  'a probe by POST': {
    of: ['http/use-health.ts 405'],
    request: 'POST /health',
    status: 405,
    says: /GET or HEAD, got POST/,
  },
  'a schema by POST': {
    of: ['graphql/schema-route.ts 405'],
    request: 'POST /schema.graphql',
    status: 405,
    says: /GET or HEAD, got POST/,
    code: 'METHOD_NOT_ALLOWED',
  },
  'an Accept of nothing that there is': {
    of: ['http/formats.ts 406'],
    request: 'GET /graphql?query={about{name}}',
    headers: { accept: 'text/plain' },
    status: 406,
    says: /an Accept of application\/json, .*, got "text\/plain"/,
  },
  'another method': {
    of: ['http/read-params.ts 405'],
    request: 'DELETE /graphql',
    status: 405,
    says: /GET or POST, got DELETE/,
  },
  'a mutation by GET': {
    of: ['graphql/documents/get-operation.ts 405'],
    request: 'GET /graphql?query=mutation{__typename}',
    status: 405,
    says: /a mutation by POST, got one by GET/,
  },
  'several operations, and no name': {
    of: ['graphql/documents/get-operation.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: query('query A { about { name } } query B { about { name } }'),
    status: 400,
    says: /a document with one operation, or an `operationName`, got neither/,
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  'another content type': {
    of: ['http/preflight.ts 415'],
    request: POST,
    headers: { 'content-type': 'text/plain' },
    body: 'a',
    status: 415,
    says: /the Content-Type application\/json, in UTF-8, got text\/plain/,
  },
  'a compressed body': {
    of: ['http/preflight.ts 415'],
    request: POST,
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
    body: 'a',
    status: 415,
    says: /a body without a Content-Encoding, got gzip/,
  },
  'a large body': {
    of: ['http/json-body.ts 413'],
    request: POST,
    headers: JSON_TYPE,
    body: query(BIG),
    status: 413,
    says: /a body of at most 1500 bytes \(MAX_BODY_BYTES\), got 20\d\d/,
  },
  'a body that is not UTF-8': {
    of: ['http/json-body.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: '"\xff"',
    status: 400,
    says: /JSON in UTF-8, got bytes that are not UTF-8/,
  },
  'a body that is not JSON': {
    of: ['http/graphql-params.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: '{',
    status: 400,
    says: /JSON, got something else/,
  },
  'JSON of too many levels': {
    of: ['http/assert-small.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: `{"variables":${'['.repeat(64)}`,
    status: 400,
    says: /JSON of at most 64 levels, got more/,
  },
  'a list of operations': {
    of: ['http/graphql-params.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: '[]',
    status: 400,
    says: /a JSON object with a `query`, got another kind of JSON/,
  },
  'another parameter': {
    of: ['http/graphql-params.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: '{"qurey":"{a}"}',
    status: 400,
    says: /only the parameters query, .*, got "qurey" too/,
  },
  'no query': {
    of: ['graphql/documents/with-text.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: '{}',
    status: 400,
    says: /the text of an operation as `query`, or an ID as `documentId`, got neither/,
  },
  'null as the query': {
    of: ['graphql/documents/with-text.ts 400'],
    request: POST,
    headers: JSON_TYPE,
    body: '{"query":null}',
    status: 400,
    says: /the text of an operation as `query`, or an ID as `documentId`, got neither/,
  },
  'the ID of an unknown document': {
    of: ['graphql/documents/with-text.ts 404'],
    request: POST,
    headers: { ...JSON_TYPE, accept: 'application/graphql-response+json' },
    body: JSON.stringify({ documentId: `sha256:${'0'.repeat(64)}` }),
    status: 404,
    says: /the ID of a known document, got another one/,
    code: 'PERSISTED_QUERY_NOT_FOUND',
  },
  'a long query': {
    of: ['graphql/limits/query-length.ts 413'],
    request: POST,
    headers: JSON_TYPE,
    body: query(`{ a${' '.repeat(1100)}}`),
    status: 413,
    says: /a query of at most 1000 bytes \(MAX_QUERY_BYTES\), got 11\d\d/,
  },
  'variables of another type': {
    of: ['graphql/limits/refusal.ts 400'],
    request: POST,
    headers: { ...JSON_TYPE, accept: 'application/graphql-response+json' },
    body: query('query ($id: ID!) { node(id: $id) { id } }', { variables: { id: {} } }),
    status: 400,
    says: /^Variable "\$id" has an invalid value: ID cannot represent/,
    code: 'BAD_USER_INPUT',
  },
  'a form without the header of a preflight': {
    of: ['http/multipart/multipart-request.ts 403'],
    request: POST,
    headers: { 'content-type': FORM['content-type'] },
    body: form(),
    status: 403,
    says: /one of the headers apollo-require-preflight, .* in a multipart request, got none/,
  },
  'a form without a boundary': {
    of: ['http/multipart/file-part.ts 400'],
    request: POST,
    headers: { ...FORM, 'content-type': 'multipart/form-data' },
    body: form(),
    status: 400,
    says: /a whole multipart body, got one that is broken: /,
  },
  'a form in another order': {
    of: ['http/multipart/multipart-body.ts 400'],
    request: POST,
    headers: FORM,
    body: form(['map', '{}']),
    status: 400,
    says: /the fields `operations` and `map`, in this order, and then the files/,
  },
  'a form with a large field': {
    of: ['http/multipart/multipart-body.ts 413'],
    request: POST,
    headers: FORM,
    body: form(['operations', 'x'.repeat(500_001)]),
    status: 413,
    says: /fields of at most 500000 bytes, got more/,
  },
  'a map of another kind': {
    of: ['http/multipart/place-files.ts 400'],
    request: POST,
    headers: FORM,
    body: form(['operations', OPERATIONS], ['map', '[]']),
    status: 400,
    says: /a map such as .*, got another kind of JSON/,
  },
  'a form with many files': {
    of: ['http/multipart/place-files.ts 413'],
    request: POST,
    headers: FORM,
    body: form(['operations', OPERATIONS], ['map', files(11)]),
    status: 413,
    says: /at most 10 files in one request, got 11/,
  },
  'a file by POST': {
    of: ['files/file-route.ts 405'],
    request: 'POST /files/x',
    status: 405,
    says: /GET or HEAD, got POST/,
    code: 'METHOD_NOT_ALLOWED',
  },
  'an upload by GET': {
    of: ['files/upload-route.ts 405'],
    request: 'GET /uploads/x',
    status: 405,
    says: /one of OPTIONS, HEAD, PUT, PATCH, DELETE, got GET/,
    code: 'METHOD_NOT_ALLOWED',
  },
  'an upload in another version of tus': {
    of: ['files/upload-route.ts 412'],
    request: 'PATCH /uploads/x',
    headers: { 'tus-resumable': '0.2.2' },
    status: 412,
    says: /Tus-Resumable: 1\.0\.0, got 0\.2\.2/,
    code: 'PRECONDITION_FAILED',
  },
  'a piece of another type': {
    of: ['files/upload-route.ts 415'],
    request: 'PATCH /uploads/x',
    headers: { ...TUS, 'content-type': 'text/plain' },
    body: 'a',
    status: 415,
    says: /the Content-Type application\/offset\+octet-stream, got text\/plain/,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  'an unknown Expect': {
    of: ['server.ts 417'],
    request: 'GET /graphql',
    headers: { expect: 'wonders' },
    status: 417,
    says: /no Expect header other than 100-continue, got "wonders"/,
  },
  'large headers': {
    of: ['http/not-http.ts 431'],
    request: 'GET /graphql',
    headers: { x: 'x'.repeat(20_000) },
    status: 431,
    says: /headers of at most 16384 bytes \(--max-http-header-size of NODE_OPTIONS\), got more/,
  },
  'a target that is not ASCII': {
    of: ['http/not-http.ts 400'],
    request: 'GET /räucher',
    status: 400,
    says: /a target in ASCII, percent-encoded, got other characters/,
  },
  'a chunk with a long extension': {
    of: ['http/not-http.ts 413'],
    request: 'POST /health',
    headers: { 'transfer-encoding': 'chunked' },
    body: `1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
    status: 413,
    says: /chunks with short extensions, got long ones/,
  },
  'a tunnel': {
    of: ['http/not-http.ts 405'],
    request: 'CONNECT x:443',
    status: 405,
    says: /GET or POST, got CONNECT: this server is no proxy/,
  },
  'a token of no session': {
    of: ['UNAUTHENTICATED 401'],
    request: POST,
    headers: { ...JSON_TYPE, authorization: 'Bearer x' },
    body: query('{ about { name } }'),
    status: 401,
    says: /`Bearer` and the token of an active session, got something else/,
    code: 'UNAUTHENTICATED',
  },
  'a deep query': {
    of: ['LIMIT_EXCEEDED 400'],
    request: POST,
    headers: JSON_TYPE,
    body: query(`{ about { name } ${'a { '.repeat(20)} a ${'}'.repeat(20)} }`),
    status: 400,
    says: /at most 16 levels of fields \(MAX_DEPTH\), got 21/,
    code: 'LIMIT_EXCEEDED',
  },
  'a query that costs too much': {
    of: ['MAX_COST_EXCEEDED 400'],
    request: POST,
    headers: JSON_TYPE,
    body: query('{ catalogue { books(first: 100) { nodes { author { books(first: 100) { nodes { id } } } } } } }'),
    status: 400,
    says: /an operation of at most 500 points \(MAX_COST\), got \d+/,
    code: 'MAX_COST_EXCEEDED',
  },
};

/** Statuses that another test provokes, because they take long or a state of the server. */
const ELSEWHERE: Record<string, string> = {
  'http/not-http.ts 408': 'test/gather/http/connections.test.ts',
  'http/overload.ts 503': 'test/gather/http/overload.test.ts',
  'http/json-body.ts 408': 'test/gather/http/json-body.test.ts',
  'http/json-body.ts 429': 'test/gather/http/json-body.test.ts',
  'graphql/documents/with-text.ts 403': 'test/gather/graphql/documents/documents.test.ts',
  'files/answer-error.ts 503': 'test/gather/files/download.test.ts',
  'files/download.ts 412': 'test/gather/files/download.test.ts',
  'files/download.ts 416': 'test/gather/files/download.test.ts',
};

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({
    isDevelopment: false,
    hosts: ['127.0.0.1'],
    limits: { ...TEST_LIMITS, bodyMaxBytes: 1500, queryMaxBytes: 1000, maxCost: 500 },
  });
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

test.each(Object.entries(CASES))(
  '%s is refused in a sentence',
  async (_, { request, headers, body, status, says, code }) => {
    const all: Record<string, string> = { host: '127.0.0.1', connection: 'close', ...headers };
    if (body !== undefined && !all['transfer-encoding']) all['content-length'] = `${Buffer.byteLength(body, 'latin1')}`;
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const answer = await exchange(
      url,
      Buffer.from([`${request} HTTP/1.1`, ...lines, '', body ?? ''].join('\r\n'), 'latin1'),
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\ncontent-type: application\/(graphql-response\+)?json/i);
    const { errors } = JSON.parse(Buffer.from(answer.slice(answer.indexOf('\r\n\r\n')), 'latin1').toString());
    expect(errors).toMatchObject([
      { message: expect.stringMatching(says), extensions: { code: code ?? 'BAD_REQUEST' } },
    ]);
  },
);

test('no status is sent that is not listed here', async () => {
  const listed = [...Object.values(CASES).flatMap(({ of }) => of), ...Object.keys(ELSEWHERE)];
  const sent = new Set<string>();
  for await (const path of glob('src/gather/{server.ts,{http,files,graphql,accounts}/**/*.ts}')) {
    const text = await readFile(path, 'utf8');
    for (const [, status] of text.matchAll(/(?:badRequest\(\s*|\bstatus: )([45]\d\d)\b/g)) {
      sent.add(`${path.replace('src/gather/', '')} ${status}`);
    }
  }
  // Those of a code of ours are in one table, and not of a place.
  expect([...sent].sort()).toEqual([...new Set(listed)].filter((place) => /\.ts /.test(place)).sort());
  for (const [place, path] of Object.entries(ELSEWHERE)) {
    expect(await readFile(path, 'utf8'), path).toContain(place.slice(-3));
  }
});

test('a page at / is for browsers only, and names what there is', async () => {
  const page = await fetch(url, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const text = await page.text();
  expect(text).toMatch(/<h1>Library<\/h1>/);
  const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
  expect(links).toEqual(['/graphql', '/schema.graphql', '/health', '/ready']);
  for (const link of links) expect(await statusOf(`${url}${link}`, { headers: { accept: 'text/html' } })).toBe(200);
  for (const accept of ['*/*', 'application/json', 'text/html;q=0']) {
    expect(await statusOf(url, { headers: { accept } })).toBe(404);
  }
  expect(await statusOf(url, { method: 'POST', headers: { accept: 'text/html' } })).toBe(404);
});

test('the page escapes the name, and does not name what is off', async () => {
  const closed = await startTestApp({
    isIntrospectable: false,
    hasGraphiQL: false,
    application: { name: `<b>"Tom's" & co</b>` },
  });
  const { url: closedUrl } = await closed.app.start();
  const text = await (await fetch(closedUrl, { headers: { accept: 'text/html' } })).text();
  expect(text).toContain('<h1>&#60;b&#62;&#34;Tom&#39;s&#34; &#38; co&#60;/b&#62;</h1>');
  expect(text).not.toMatch(/GraphiQL|schema\.graphql/);
  expect(await statusOf(`${closedUrl}/schema.graphql`)).toBe(404);
  await closed.close();
});

test('the schema is served as text', async () => {
  const response = await fetch(`${url}/schema.graphql`, { headers: STAFF_HEADERS });
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await response.text()).toMatch(/^type Query \{/m);
});

/** Reads the answer too: a connection with an unread one stays open. */
async function statusOf(address: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(address, init);
  await response.text();
  return response.status;
}
