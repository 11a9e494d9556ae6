import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createS3Store } from '../../../src/gather/files/s3-store.ts';
import type { Store } from '../../../src/gather/files/store.ts';
import { bytesFrom, piecesFrom } from '../../helpers/bytes.ts';
import { type Handler, hang, inTurn, reset, status, text } from '../../helpers/http-server.ts';
import { watchResources } from '../../helpers/resources.ts';
import { startS3, type TestS3 } from '../../helpers/s3.ts';

const PART_BYTES = 8 * 1024 * 1024;
const never = new AbortController().signal;

let s3: TestS3;
let store: Store;
let watched: () => Promise<void>;

beforeAll(async () => {
  watched = watchResources();
  s3 = await startS3();
  store = createS3Store({ ...s3.config, timeoutMs: 2000 });
});

afterEach(() => {
  s3.server.respond = s3.respond;
  s3.server.isDead = false;
});

afterAll(async () => {
  await store.close();
  await s3[Symbol.asyncDispose]();
  await watched();
});

async function expectWhole(key: string, length: number): Promise<void> {
  const bytes = await buffer(await store.read(key, never));
  expect(bytes.equals(bytesFrom(0, length))).toBe(true);
}

/** Answers so where the request begins with this. */
function where(method: string, pattern: RegExp, answer: Handler): Handler {
  return (request, response) => {
    const isMeant = request.method === method && pattern.test(request.url ?? '');
    (isMeant ? answer : s3.respond)(request, response);
  };
}

test('an append goes on where another machine has stopped', async () => {
  const key = randomUUID();
  const other = createS3Store(s3.config);
  await store.append(key, 0, piecesFrom(0, 10_000_000), never);
  expect(await other.keptBytes(key)).toBe(10_000_000);
  await other.append(key, 10_000_000, piecesFrom(10_000_000, 10_000_000), never);
  await other.close();
  await store.complete(key);
  await expectWhole(key, 20_000_000);
  expect(s3.uploads()).toEqual([]);
});

test('a bucket that is full is told of, and nothing of the object stays', async () => {
  const key = randomUUID();
  s3.server.respond = where('PUT', /partNumber=2/, status(507));
  await expect(store.append(key, 0, piecesFrom(0, 2 * PART_BYTES), never)).rejects.toMatchObject({
    code: 'STORAGE_FULL',
    source: 's3',
    retryable: true,
  });
  expect(await store.keptBytes(key)).toBe(0);
  expect(s3.uploads()).toEqual([]);
});

test('a small file takes no multipart upload', async () => {
  const key = randomUUID();
  s3.server.requests.length = 0;
  await store.append(key, 0, piecesFrom(0, 1000), never);
  await store.complete(key);
  expect(s3.server.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT', 'DELETE']);
});

test('a part that fails loses no byte that was kept before', async () => {
  const key = randomUUID();
  await store.append(key, 0, piecesFrom(0, 5_000_000), never);
  s3.server.respond = where('PUT', /uploadId=/, status(403));
  const failed = store.append(key, 5_000_000, piecesFrom(5_000_000, 20_000_000), never);
  await expect(failed).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  s3.server.respond = s3.respond;
  expect(await store.keptBytes(key)).toBe(5_000_000);
  await store.append(key, 5_000_000, piecesFrom(5_000_000, 20_000_000), never);
  await store.complete(key);
  await expectWhole(key, 25_000_000);
  expect(s3.uploads()).toEqual([]);
});

test('an object is cut where a part ends, but not within one', async () => {
  const key = randomUUID();
  await store.append(key, 0, piecesFrom(0, 2 * PART_BYTES + 100), never);
  const within = store.append(key, PART_BYTES + 1, piecesFrom(0, 1), never);
  await expect(within).rejects.toMatchObject({ code: 'CONFLICT' });
  await store.append(key, PART_BYTES, piecesFrom(PART_BYTES, 100), never);
  expect(await store.keptBytes(key)).toBe(PART_BYTES + 100);
  await store.complete(key);
  await expectWhole(key, PART_BYTES + 100);
});

test('completing is finished where it was stopped after its last step but one', async () => {
  const key = randomUUID();
  await store.append(key, 0, piecesFrom(0, 9_000_000), never);
  s3.server.respond = where('DELETE', /./, status(403));
  await expect(store.complete(key)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  s3.server.respond = s3.respond;
  await store.complete(key);
  await expectWhole(key, 9_000_000);
  expect(await store.keptBytes(key)).toBe(0);
});

test('a request that fails for a moment is sent again', async () => {
  const key = randomUUID();
  await store.append(key, 0, piecesFrom(0, 1000), never);
  s3.server.respond = inTurn(status(503), reset(), s3.respond);
  expect(await store.keptBytes(key)).toBe(1000);
  await store.remove(key);
});

test.each([
  [
    'is gone',
    hang(),
    true,
    'UPSTREAM_UNAVAILABLE',
    true,
    /^s3 could not be reached for HeadObject: the connection was reset\.$/,
  ],
  ['never answers', hang(), false, 'UPSTREAM_TIMEOUT', true, /^s3 did not answer HeadObject within 2000 ms\.$/],
  ['is broken', status(500), false, 'UPSTREAM_UNAVAILABLE', true, /^s3 answered HeadObject with status 500 \(\w+\)\.$/],
  ['refuses', status(403), false, 'UPSTREAM_UNAVAILABLE', false, /^s3 answered HeadObject with status 403 \(\w+\)\.$/],
] as const)('a server that %s is told of in words', async (_, answer, isDead, code, retryable, message) => {
  s3.server.respond = answer;
  s3.server.isDead = isDead;
  const asked = store.keptBytes(randomUUID());
  await expect(asked).rejects.toMatchObject({ code, retryable, source: 's3', message: expect.stringMatching(message) });
});

test('what the server says of a failure is not told', async () => {
  const body = '<Error><Code>AccessDenied</Code><Message>The secret is S3RVER</Message></Error>';
  s3.server.respond = (_request, response) =>
    void response.writeHead(403, { 'content-type': 'application/xml' }).end(body);
  const message = 's3 answered GetObject with status 403 (AccessDenied).';
  await expect(store.read(randomUUID(), never)).rejects.toMatchObject({ message });
});

test('a request is stopped when its signal aborts', async () => {
  s3.server.respond = hang();
  const controller = new AbortController();
  const reason = new Error('The client left.');
  const reading = store.read(randomUUID(), controller.signal);
  await expect.poll(() => s3.server.open.size).toBe(1);
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
  await expect.poll(() => s3.server.open.size).toBe(0);
});

test('a server that falls silent in the middle of an object is cut off', async () => {
  s3.server.respond = (_request, response) => void response.writeHead(200, { 'content-length': '1000' }).write('abc');
  const stream = await store.read(randomUUID(), never);
  await expect(buffer(stream)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', source: 's3' });
  await expect.poll(() => s3.server.open.size).toBe(0);
});

test('a reader that is slow is waited for', async () => {
  const bytes = bytesFrom(0, 3_000_000);
  s3.server.respond = text(bytes, {});
  const hasty = createS3Store({ ...s3.config, timeoutMs: 100 });
  const stream = await hasty.read(randomUUID(), never);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await buffer(stream)).equals(bytes)).toBe(true);
  await hasty.close();
});

test('a list of several pages is read to its end', async () => {
  const keys = [randomUUID(), randomUUID(), randomUUID()] as const;
  // S3rver has one page only.
  s3.server.respond = (request, response) => {
    const asked = new URL(request.url ?? '', s3.server.url).searchParams;
    if (asked.get('prefix') !== 'objects/') return void response.end(page([]));
    const [present, next] =
      asked.get('continuation-token') === 'a+b/c=' ? [keys.slice(2)] : [keys.slice(0, 2), 'a+b/c='];
    response.end(page(present, next));
  };
  const listed: string[] = [];
  for await (const { key } of store.list(never)) listed.push(key);
  expect(listed).toEqual(keys);
});

function page(keys: readonly string[], next?: string): string {
  const contents = keys.map(
    (key) => `<Contents><Key>objects/${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`,
  );
  const token = next ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  return `<ListBucketResult><IsTruncated>${Boolean(next)}</IsTruncated>${contents.join('')}${token}</ListBucketResult>`;
}
