import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toGlobalId } from '../../../src/gather/global-id.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

const CREATE = `mutation ($input: CreateUploadInput!) {
  createUpload(input: $input) { upload { url expiresAt } userErrors { code message field } }
}`;
const MAX_BYTES = 1_000_000;

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ uploadMaxBytes: MAX_BYTES });
  ({ url } = await gather.app.start());
});

afterAll(() => gather.close());

test('a file that is announced can be sent to the URL, and is told of by its ID', async () => {
  const bytes = Buffer.from('Low and slow.');
  const input = { name: 'smoke.txt', size: bytes.length, type: 'TEXT/plain', sha256: sha256(bytes).toUpperCase() };
  const { upload, userErrors } = await create(input);
  expect(userErrors).toEqual([]);
  expect(Date.parse(upload.expiresAt) - Date.now()).toBeGreaterThan(59 * 60_000);
  const { pathname } = new URL(upload.url);
  expect(upload.url).toBe(`http://gather${pathname}`);
  const response = await fetch(`${url}${pathname}`, { method: 'PUT', body: bytes });
  expect(response.status).toBe(201);
  const { id, ...file } = await response.json();
  const { data } = await gather.query(
    'query ($id: ID!) { node(id: $id) { ... on StoredFile { name size type sha256 } } }',
    { id },
  );
  expect(data?.node).toEqual({ name: 'smoke.txt', size: 13, type: 'text/plain', sha256: sha256(bytes) });
  expect(file).toMatchObject(data?.node);
  const download = await fetch(new URL(response.headers.get('location') ?? '', url));
  expect(await download.text()).toBe('Low and slow.');
});

test('a file may be empty, and as large as the limit', async () => {
  for (const size of [0, MAX_BYTES]) {
    expect(await create({ name: 'x', size })).toMatchObject({ upload: { url: expect.any(String) }, userErrors: [] });
  }
});

test.each([
  ['name', { name: '' }, 'INVALID_INPUT', 'Expected 1 to 255 characters, got 0.'],
  ['name', { name: 'x'.repeat(256) }, 'INVALID_INPUT', 'Expected 1 to 255 characters, got 256.'],
  ['size', { size: MAX_BYTES + 1 }, 'TOO_LARGE', 'Expected a file of at most 1000000 bytes, got more.'],
  ['size', { size: -1 }, 'INVALID_INPUT', 'Expected a whole number of bytes, got -1.'],
  ['size', { size: 1.5 }, 'INVALID_INPUT', 'Expected a whole number of bytes, got 1.5.'],
  ['type', { type: 'picture' }, 'INVALID_INPUT', 'Expected a media type such as image/jpeg, got "picture".'],
  ['sha256', { sha256: 'abc' }, 'INVALID_INPUT', 'Expected 64 hexadecimal digits, got "abc".'],
  ['itemId', { itemId: 'x' }, 'INVALID_INPUT', 'Expected an ID issued by this server, got "x".'],
  ['itemId', { itemId: toGlobalId('Item', '999999') }, 'NOT_FOUND', 'There is no item with this ID.'],
])('%s as in %j is refused', async (field, wrong, code, message) => {
  const { upload, userErrors } = await create({ name: 'x', size: 1, ...wrong });
  expect(upload).toBeNull();
  expect(userErrors).toEqual([{ code, message, field: [field] }]);
});

async function create(input: object) {
  const { data, errors } = await gather.query(CREATE, { input });
  expect(errors).toBeUndefined();
  return data?.createUpload;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
