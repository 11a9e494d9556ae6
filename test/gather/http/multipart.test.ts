import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { FileUpload } from '../../../src/gather/http/incoming-file.ts';
import { MultipartBody } from '../../../src/gather/http/multipart/multipart-body.ts';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { untilLeft } from '../../helpers/left.ts';
import { liveBytes } from '../../helpers/live-bytes.ts';
import {
  BOUNDARY,
  encode,
  encodeAround,
  FORM_HEADERS,
  type Part,
  type Sending,
  sendForm,
  toForm,
  toUpload,
  UPLOAD,
} from '../../helpers/multipart.ts';

const MAX_BYTES = 100_000_000;
const MB = 1_000_000;
const PREFLIGHT = { 'x-gather-preflight': '1' };
const BLOCK = Buffer.alloc(64 * 1024, 'Smoke. ');

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ uploadMaxBytes: MAX_BYTES, operationTimeoutMs: 3000 });
  ({ url } = await gather.app.start());
});
afterEach(untilNothingIsPartial);
afterAll(() => gather.close());

const WAYS: [string, (body: BodyInit, headers: Record<string, string>) => Promise<Response>][] = [
  ['in process', (body, headers) => gather.app.fetch('http://gather/graphql', toInit(body, headers))],
  ['over a socket', (body, headers) => fetch(`${url}/graphql`, toInit(body, headers))],
];

describe.each(WAYS)('a multipart request %s', (_, post) => {
  test('is read, and its file kept', async () => {
    const content = Buffer.from('Bound in linen. ✓');
    const response = await post(toForm(toUpload(content)), { 'apollo-require-preflight': 'true' });
    expect(response.status).toBe(200);
    const { data, errors } = await response.json();
    expect(errors).toBeUndefined();
    expect(data.uploadFile.userErrors).toEqual([]);
    expect(data.uploadFile.file).toMatchObject({ name: 'a.txt', size: content.length, sha256: sha256(content) });
    expect(await download(data.uploadFile.file.url)).toEqual(content);
  });

  test.each([['X-Gather-Preflight'], ['X-Apollo-Operation-Name']])('may bring the header %s', async (name) => {
    const response = await post(toForm(toUpload('x')), { [name]: '0' });
    expect(response.status).toBe(200);
    await response.text();
  });

  test('may begin its JSON with a byte order mark, as a body does', async () => {
    const [operations, map, file] = toUpload('x') as [Part, Part, Part];
    const marked = [operations, map].map((part) => ({ ...part, content: `\ufeff${part.content}` }));
    const response = await post(toForm([...marked, file]), PREFLIGHT);
    expect(await response.json()).toHaveProperty('data.uploadFile.file.size', 1);
  });

  test.each<Record<string, string>>([{}, { 'x-gather-preflight': '' }, { 'x-requested-with': 'fetch' }])(
    'without a header that a form cannot send is refused: %j',
    async (headers) => {
      const before = await countFiles();
      const response = await post(toForm(toUpload('x')), headers);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringContaining('apollo-require-preflight'), extensions: { code: 'BAD_REQUEST' } }],
      });
      expect(await countFiles()).toBe(before);
    },
  );

  const [operations, map, file] = toUpload('x') as [Part, Part, Part];
  const ofOperations = (content: string) => [{ field: 'operations', content }, map, file];
  const ofMap = (content: unknown) => [operations, { field: 'map', content: JSON.stringify(content) }, file];
  test.each<[string, Part[], RegExp]>([
    ['no parts', [], /^Expected the fields `operations` and `map`, and the files/],
    ['no map', [operations], /^Expected the fields `operations` and `map`, and the files/],
    ['a file before the map', [operations, file, map], /^Expected the fields .*in this order/],
    ['the map first', [map, operations, file], /^Expected the fields .*in this order/],
    ['another field', [{ field: 'query', content: '{}' }, map, file], /^Expected the fields .*in this order/],
    ['operations that are no JSON', ofOperations('{'), /^Expected JSON, got something else/],
    ['several operations', ofOperations('[{"query":"{ a }"}]'), /^Expected a JSON object with a `query`/],
    ['a map that is no JSON', [operations, { field: 'map', content: 'x' }, file], /^Expected JSON, got something else/],
    ['a list for a map', ofMap(['variables.input.file']), /^Expected a map such as/],
    ['a map of texts', ofMap({ 0: 'variables.input.file' }), /^Expected a map such as/],
    [
      'a path that is not there',
      ofMap({ 0: ['variables.input.cover'] }),
      /^Expected the path .*got "variables.input.cover"\.$/,
    ],
    ['a path to no variable', ofMap({ 0: ['query'] }), /^Expected the path .*got "query"\.$/],
    ['an empty path', ofMap({ 0: [''] }), /^Expected the path .*got ""\.$/],
    ['a path into the prototype', ofMap({ 0: ['variables.__proto__.file'] }), /^Expected the path /],
    [
      'two files at one path',
      ofMap({ 0: ['variables.input.file'], 1: ['variables.input.file'] }),
      /^Expected null in the place of a file/,
    ],
    ['a long path', ofMap({ 0: ['x'.repeat(10_000)] }), /^.{1,250}$/],
  ])('with %s is refused', async (_what, parts, message) => {
    const response = await post(toBody(encode(parts)), FORM_HEADERS);
    const { errors } = await response.json();
    expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'BAD_REQUEST' } }]);
    expect(response.status).toBe(400);
  });

  test.each<[string, string]>([
    ['no end', encode(toUpload('x')).toString().replace(`--${BOUNDARY}--\r\n`, '')],
    ['an end within a header', encode(toUpload('x')).toString().split('; filename')[0] ?? ''],
    ['a header that is none', `--${BOUNDARY}\r\n(:\r\n\r\n`],
    ['a NUL in a name', encode(toUpload('x', { filename: 'a\0b' })).toString()],
    ['nothing', ''],
  ])('with %s is refused', async (_what, body) => {
    const before = await countFiles();
    const response = await post(toBody(Buffer.from(body)), FORM_HEADERS);
    const { errors, data } = await response.json();
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/^Expected /), extensions: { code: 'BAD_REQUEST' } },
    ]);
    expect(data?.uploadFile ?? null).toBeNull();
    expect(response.status).toBe(400);
    expect(await countFiles()).toBe(before);
  });

  test('without a boundary is refused', async () => {
    const response = await post(toBody(encode(toUpload('x'))), {
      ...FORM_HEADERS,
      'content-type': 'multipart/form-data',
    });
    expect(response.status).toBe(400);
    await response.text();
  });

  test('with eleven files is refused', async () => {
    const paths = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [index, [`variables.files.${index}`]]));
    const response = await post(toBody(encode(ofMap(paths))), FORM_HEADERS);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'Expected at most 10 files in one request, got 11.' }],
    });
  });

  test('with a query or a field that is too long is refused', async () => {
    for (const length of [70_000, 600_000]) {
      const query = `{ about { name } } #${'x'.repeat(length)}`;
      const response = await post(
        toBody(encode(ofOperations(JSON.stringify({ query, variables: { input: { file: null } } })))),
        FORM_HEADERS,
      );
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringMatching(/^Expected /) }] });
    }
  });

  test('whose file never comes fails', async () => {
    const response = await post(toBody(encode([operations, map])), FORM_HEADERS);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      data: { uploadFile: null },
      errors: [{ message: expect.stringContaining('the files that the map names'), path: ['uploadFile'] }],
    });
  });

  test('may be a query without files', async () => {
    const parts = [
      { field: 'operations', content: '{"query":"{ about { name } }"}' },
      { field: 'map', content: '{}' },
    ];
    const response = await post(toForm(parts), PREFLIGHT);
    expect(await response.json()).toHaveProperty('data.about.name');
  });

  test('whose operation is refused is answered, and nothing of its file kept', async () => {
    const before = await countFiles();
    const query = 'mutation ($file: File!) { uploadFile(input: { file: $file, size: 1 }) { file { id } } }';
    const [, , file] = toUpload(Buffer.alloc(5 * MB)) as [Part, Part, Part];
    const parts = [
      { field: 'operations', content: JSON.stringify({ query, variables: { file: null } }) },
      { field: 'map', content: '{"0":["variables.file"]}' },
      file,
    ];
    const response = await post(toForm(parts), PREFLIGHT);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringContaining('size') }] });
    expect(await countFiles()).toBe(before);
  });

  test('brings several files, each to its place', async () => {
    const response = await post(toForm(severalFiles(['one', 'two', 'three'])), PREFLIGHT);
    const { data } = await response.json();
    expect(Object.values(data)).toMatchObject(
      ['one', 'two', 'three'].map((name) => ({ file: { name, sha256: sha256(name) }, userErrors: [] })),
    );
  });

  test('whose files come in another order keeps those that can be had', async () => {
    const [operations, map, ...files] = severalFiles(['one', 'two'], [], 'x'.repeat(MB)) as [Part, Part, ...Part[]];
    const response = await post(toForm([operations, map, ...files.toReversed()]), PREFLIGHT);
    expect(await response.json()).toMatchObject({
      data: {
        file0: { file: { name: 'one' }, userErrors: [] },
        file1: { file: null, userErrors: [{ code: 'INVALID_INPUT', message: expect.stringContaining('order') }] },
      },
    });
  });

  test('goes on with the next file where one is refused, whether or not it was read', async () => {
    const names = ['', 'not a cover', 'x'.repeat(256), 'good'];
    const parts = severalFiles(names, [null, await aBook(), null, null], 'y'.repeat(3 * MB));
    const { data } = await (await post(toForm(parts), PREFLIGHT)).json();
    expect(data).toMatchObject({
      file0: { file: null, userErrors: [{ field: ['file'], message: 'Expected 1 to 255 characters, got 0.' }] },
      file1: { file: null, userErrors: [{ field: ['file'], message: expect.stringMatching(/^Expected an image/) }] },
      file2: { file: null, userErrors: [{ field: ['file'], message: 'Expected 1 to 255 characters, got 256.' }] },
      file3: { file: { name: 'good', size: 3 * MB }, userErrors: [] },
    });
  });

  test('whose one file is in two places gives it to the first', async () => {
    const [operations, , file] = severalFiles(['one']) as [Part, Part, Part];
    const query = `mutation ($file0: File!, $file1: File!) {
      a: uploadFile(input: { file: $file0 }) { file { name } userErrors { code } }
      b: uploadFile(input: { file: $file1 }) { file { name } userErrors { code } }
    }`;
    operations.content = JSON.stringify({ query, variables: { file0: null, file1: null } });
    const map = { field: 'map', content: '{"0":["variables.file0","variables.file1"]}' };
    const response = await post(toForm([operations, map, file]), PREFLIGHT);
    expect(await response.json()).toMatchObject({
      data: { a: { file: { name: 'one' } }, b: { file: null, userErrors: [{ code: 'INVALID_INPUT' }] } },
    });
  });
});

test.each<[string, unknown, RegExp]>([
  ['text', 'a.txt', /Expected a file of a multipart request/],
  ['an object like one', { name: 'a.txt', bytes: ['a'] }, /Expected a file of a multipart request/],
  ['null', null, /\bnull\b/],
])('a file cannot come as JSON: %s', async (_, file, message) => {
  const { errors } = await gather.query(UPLOAD, { input: { file } });
  expect(errors).toMatchObject([{ message: expect.stringMatching(message) }]);
});

test('a file cannot be written into a query', async () => {
  const { errors } = await gather.query('mutation { uploadFile(input: { file: "x" }) { file { id } } }');
  expect(errors).toMatchObject([{ message: expect.stringMatching(/^Expected a file of a multipart request/) }]);
});

test('a body may be cut anywhere', async () => {
  const content = `\r\n--${BOUNDARY.slice(0, -1)}\r\n-\r\n--\r\n\r\n--${BOUNDARY.slice(0, 3)}\r\n`;
  const body = encode(toUpload(content));
  const sending = sendForm(url);
  for (const byte of body) {
    await sending.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  sending.end();
  const { body: answer } = await sending.answer;
  expect(answer.data.uploadFile.file).toMatchObject({ size: content.length, sha256: sha256(content) });
});

test('a field in chunks of a byte each is refused before they take much memory', async () => {
  const [body] = encodeAround([{ field: 'operations', content: ' '.repeat(400_000) }]);
  const before = liveBytes();
  const parsed = new MultipartBody(
    Readable.from(body.values().map((byte) => Uint8Array.of(byte))),
    FORM_HEADERS['content-type'],
    MB,
  );
  await expect(parsed.readParams()).rejects.toThrow('Expected the fields in at most 10000 chunks, got more.');
  expect(liveBytes() - before).toBeLessThan(10 * MB);
});

test('a file that is left half read lets the next one come', async () => {
  const whole = encode(severalFiles(['one', 'two'], [], 'x'.repeat(MB)));
  const pieces = Array.from({ length: whole.length / 1000 + 1 }, (_, n) => whole.subarray(n * 1000, (n + 1) * 1000));
  const source = Readable.from(pieces);
  const body = new MultipartBody(source, FORM_HEADERS['content-type'], 10 * MB);
  const { variables = {} } = await body.readParams();
  {
    using one = await (variables['file0'] as FileUpload).open();
    for await (const piece of one.bytes) if (piece.length > 0) break;
  }
  using two = await (variables['file1'] as FileUpload).open();
  expect(two.name).toBe('two');
  expect((await Array.fromAsync(two.bytes)).reduce((sum, { length }) => sum + length, 0)).toBe(MB);
  body.close();
});

test('a connection serves the next request, unless its answer says otherwise', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const refused = toUpload(Buffer.alloc(MB / 2)).with(0, { field: 'wrong', content: '' });
  const ports: (number | undefined)[] = [];
  const closing: boolean[] = [];
  for (const parts of [toUpload('x'), toUpload('y'), refused, toUpload('z'), toUpload('ö')]) {
    const outgoing = request(`${url}/graphql`, { method: 'POST', agent, headers: FORM_HEADERS }).end(encode(parts));
    const closed = once(outgoing, 'close');
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    ports.push(response.socket.localPort);
    closing.push(response.headers.connection === 'close');
    await response.toArray();
    await closed;
  }
  // The refused one is answered before it is there.
  expect(closing).toEqual([false, false, true, false, false]);
  expect(ports.map((port) => port === ports[0])).toEqual([true, true, true, false, false]);
  expect(ports[4]).toBe(ports[3]);
  agent.destroy();
});

test('50 MB are stored while they arrive, in memory that stays the same', async () => {
  const [head, tail] = encodeAround(toUpload(''));
  const sending = sendForm(url);
  await sending.write(head);
  while (sending.sent < 5 * MB) await sending.write(BLOCK);
  await eventually(async () => expect(await partialBytes()).toBeGreaterThan(MB));
  const before = liveBytes();
  const measured: number[] = [];
  while (sending.sent < 50 * MB) {
    await sending.write(BLOCK);
    if (sending.sent > (measured.length + 1) * 10 * MB) measured.push(liveBytes() - before);
  }
  sending.end(tail);
  const { body } = await sending.answer;
  expect(body.data.uploadFile.file.size).toBeGreaterThanOrEqual(50 * MB - head.length - BLOCK.length);
  expect(measured).toHaveLength(5);
  expect(Math.max(...measured)).toBeLessThan(16 * MB);
});

describe('early, with few bytes sent,', () => {
  test('a request that says it is too large is refused', async () => {
    const sending = sendForm(url, { 'content-length': MAX_BYTES + MB + 1 });
    await sending.write(encodeAround(toUpload(''))[0]);
    const { status, body } = await sending.answer;
    expect(status).toBe(413);
    expect(body.errors).toMatchObject([
      {
        message: `Expected a request of at most ${MAX_BYTES + MB} bytes (UPLOAD_MAX_BYTES), got more.`,
        extensions: { code: 'TOO_LARGE' },
      },
    ]);
    expect(sending.sent).toBeLessThan(1000);
    await sending.closed;
  });

  test('a file for a book that is not there is refused', async () => {
    const sending = sendForm(url);
    await sending.write(encodeAround(toUpload('', { input: { bookId: btoa('Book:999999') } }))[0]);
    const { status, body } = await sending.answer;
    expect(status).toBe(200);
    expect(body.data.uploadFile.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['bookId'] }]);
    sending.leave();
  });

  test('an operation that is not valid is refused', async () => {
    const sending = sendForm(url);
    const operations = { field: 'operations', content: '{"query":"{ nothing }","variables":{"input":{"file":null}}}' };
    await sending.write(encodeAround(toUpload('').with(0, operations))[0]);
    expect((await sending.answer).body.errors).toMatchObject([{ message: expect.stringContaining('nothing') }]);
    sending.leave();
  });

  const invalid = { field: 'operations', content: '{"query":"{ nothing }","variables":{"input":{"file":null}}}' };
  test.each<[string, Part, Record<string, string>]>([
    ['whose request is answered without its file', invalid, {}],
    ['whose request is refused', { field: 'wrong', content: '' }, {}],
    ['that wants its connection closed', invalid, { connection: 'close' }],
  ])('a client %s sees its answer, and is not listened to for long', async (_, operations, headers) => {
    const sending = sendForm(url, headers);
    await sending.write(encodeAround(toUpload('').with(0, operations))[0]);
    const start = performance.now();
    let isOpen = true;
    while (isOpen && sending.sent < MAX_BYTES) isOpen = await sending.write(BLOCK);
    expect(isOpen).toBe(false);
    expect(sending.sent).toBeLessThan(20 * MB);
    expect(performance.now() - start).toBeGreaterThan(500);
    expect((await sending.answer).body).toHaveProperty('errors');
  });

  test('a client that only drips after its answer is not listened to for long', async () => {
    const sending = sendForm(url, { 'content-length': MAX_BYTES + 2 * MB });
    await sending.write('-');
    expect((await sending.answer).status).toBe(413);
    const start = performance.now();
    while (await sending.write('-')) await sleep(50);
    expect(performance.now() - start).toBeGreaterThan(500);
  });
});

test('a file that grows too large is refused when it does', async () => {
  const small = await startTestApp({ uploadMaxBytes: MB });
  onTestFinished(() => small.close());
  const { url } = await small.app.start();
  const sending = sendForm(url);
  await sending.write(encodeAround(toUpload(''))[0]);
  let isOpen = true;
  while (isOpen && sending.sent < 100 * MB) isOpen = await sending.write(BLOCK);
  const { status, body } = await sending.answer;
  expect(status).toBe(413);
  expect(body).toMatchObject({
    data: { uploadFile: null },
    errors: [
      {
        message: `Expected a file of at most ${MB} bytes, got more.`,
        extensions: { code: 'TOO_LARGE' },
        path: ['uploadFile'],
      },
    ],
  });
  expect(sending.sent).toBeLessThan(20 * MB);
  expect(await small.database.ask('select from file')).toEqual([]);
  expect(await filesIn(small.filesDir)).toEqual([]);
});

test('small files that together are too large are refused', async () => {
  const small = await startTestApp({ uploadMaxBytes: MB });
  onTestFinished(() => small.close());
  const { url } = await small.app.start();
  const body = encode(severalFiles(['one', 'two', 'three', 'four'], [], 'x'.repeat(0.9 * MB)));
  const response = await fetch(`${url}/graphql`, {
    ...toInit(new Blob([body as BlobPart]).stream(), FORM_HEADERS),
    duplex: 'half',
  } as RequestInit);
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({
    errors: expect.arrayContaining([
      expect.objectContaining({
        message: `Expected a request of at most ${2 * MB} bytes (UPLOAD_MAX_BYTES), got more.`,
      }),
    ]),
  });
});

test('of one sender eight uploads at a time are taken, and the ninth is told to wait', async () => {
  const [head, tail] = encodeAround(toUpload('smoke'));
  const eight = Array.from({ length: 8 }, () => sendForm(url));
  await Promise.all(eight.map((sending) => sending.write(head)));
  await eventually(async () => expect((await filesIn(join(gather.filesDir, 'partial'))).length).toBe(8));
  const ninth = sendForm(url);
  await ninth.write(head);
  const { status, headers, body } = await ninth.answer;
  expect(status).toBe(429);
  expect(headers['retry-after']).toBe('1');
  expect(body.errors).toMatchObject([
    { message: expect.stringContaining('at most 8 uploads at a time'), extensions: { code: 'BUSY', retryable: true } },
  ]);
  ninth.leave();
  for (const sending of eight.slice(4)) sending.leave();
  for (const sending of eight.slice(0, 4)) sending.end(tail);
  for (const { answer } of eight.slice(0, 4)) expect((await answer).body.data.uploadFile.userErrors).toEqual([]);
  await untilNothingIsPartial();
  const again = await Promise.all(eight.map(() => fetch(`${url}/graphql`, toInit(toForm(toUpload('x')), PREFLIGHT))));
  expect(again.map((response) => response.status)).toEqual(Array(8).fill(200));
  await Promise.all(again.map((response) => response.text()));
});

describe('of a client that leaves nothing is left', () => {
  const body = encode(toUpload(Buffer.alloc(3 * MB, 'smoke ')));
  test.each([1, 100, 300, 400, 500, 1000, 70_000, 2 * MB, body.length - 10])('after %i bytes', async (bytes) => {
    const before = await countFiles();
    const sending = sendForm(url, { 'content-length': body.length });
    await sending.write(body.subarray(0, bytes));
    if (bytes > MB) await eventually(async () => expect(await partialBytes()).toBeGreaterThan(0));
    sending.leave();
    await untilNothingIsPartial();
    await untilLeft(gather, 0);
    expect(await countFiles()).toBe(before);
    await untilFiles(before);
  });

  test('where many do', async () => {
    const before = await countFiles();
    for (let round = 0; round < 4; round++) {
      const clients = Array.from({ length: 8 }, () => sendForm(url));
      await Promise.all(
        clients.map((sending) => sending.write(body.subarray(0, 1 + Math.floor(Math.random() * body.length)))),
      );
      for (const sending of clients) sending.leave();
      await Promise.all(clients.map(({ closed }) => closed));
      await untilNothingIsPartial();
      await sleep(50);
    }
    await untilLeft(gather, 0);
    await untilFiles(before);
  });

  test('in process', async () => {
    const before = await countFiles();
    const leaving = new AbortController();
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(body.subarray(0, 2 * MB)),
    });
    const asked = gather.app.fetch('http://gather/graphql', {
      ...toInit(source, FORM_HEADERS),
      duplex: 'half',
      signal: leaving.signal,
    } as RequestInit);
    await eventually(async () => expect(await partialBytes()).toBeGreaterThan(0));
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await untilNothingIsPartial();
    expect(await countFiles()).toBe(before);
  });
});

describe('the deadline of an operation', () => {
  test('is put off while bytes arrive', async () => {
    const [head, tail] = encodeAround(toUpload(''));
    const sending = sendForm(url);
    await sending.write(head);
    for (let count = 0; count < 10; count++) {
      await sleep(500);
      await sending.write(BLOCK);
    }
    sending.end(tail);
    const { body } = await sending.answer;
    expect(body.data.uploadFile.file).toMatchObject({ size: 10 * BLOCK.length });
  });

  test.each<[string, (sending: Sending) => Promise<unknown>]>([
    ['in the middle of a file', (sending) => sending.write(encodeAround(toUpload('smoke'))[0])],
    ['before its file', (sending) => sending.write(encode(toUpload('').slice(0, 2)).subarray(0, -4))],
  ])('comes where a client falls silent %s', async (_, begin) => {
    const sending = sendForm(url);
    await begin(sending);
    const { body } = await sending.answer;
    expect(body).toMatchObject({ data: { uploadFile: null }, errors: [{ extensions: { code: 'DEADLINE_EXCEEDED' } }] });
    await sending.closed;
  });
});

test('a client that does not say what it wants within ten seconds is told to hurry', async () => {
  const sending = sendForm(url);
  await sending.write(`--${BOUNDARY}\r\n`);
  const { status, body } = await sending.answer;
  expect(status).toBe(408);
  expect(body.errors).toMatchObject([{ extensions: { code: 'TOO_SLOW' } }]);
  await sending.closed;
});

/** Headers of its own, because what is sent in process writes the content type into them. */
function toInit(body: BodyInit, headers: Record<string, string>): RequestInit {
  return { method: 'POST', headers: { ...STAFF_HEADERS, ...headers }, body };
}

function toBody(bytes: Buffer): BodyInit {
  return bytes as Uint8Array<ArrayBuffer>;
}

/** A request that uploads files of these names one after another, with these contents, or with their names. */
function severalFiles(names: readonly string[], bookIds: (string | null)[] = [], content?: string): Part[] {
  const indexes = [...names.keys()];
  const uploads = indexes.map((index) => {
    const input = `{ file: $file${index}, bookId: ${JSON.stringify(bookIds[index] ?? null)} }`;
    return `file${index}: uploadFile(input: ${input}) { file { name size sha256 } userErrors { code message field } }`;
  });
  const query = `mutation (${indexes.map((index) => `$file${index}: File!`)}) { ${uploads.join(' ')} }`;
  const variables = Object.fromEntries(indexes.map((index) => [`file${index}`, null]));
  const map = Object.fromEntries(indexes.map((index) => [index, [`variables.file${index}`]]));
  return [
    { field: 'operations', content: JSON.stringify({ query, variables }) },
    { field: 'map', content: JSON.stringify(map) },
    ...names.map((filename, index) => ({ field: `${index}`, filename, content: content ?? filename })),
  ];
}

async function aBook(): Promise<string> {
  const [row] = await gather.database.ask<{ id: string }>('select id from book limit 1');
  return btoa(`Book:${row?.id}`);
}

async function countFiles(): Promise<number> {
  return (await gather.database.ask('select from file')).length;
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function partialBytes(): Promise<number> {
  const paths = await filesIn(join(gather.filesDir, 'partial'));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Waits until there are so many files: bytes are removed after the statements have ended. */
async function untilFiles(count: number): Promise<void> {
  await eventually(async () => expect(await filesIn(gather.filesDir)).toHaveLength(count));
}

async function untilNothingIsPartial(): Promise<void> {
  await eventually(async () => expect(await filesIn(join(gather.filesDir, 'partial'))).toEqual([]));
}

async function download(fileUrl: string): Promise<Buffer> {
  const response = await fetch(new URL(new URL(fileUrl).pathname, url));
  return Buffer.from(await response.arrayBuffer());
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
