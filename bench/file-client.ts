import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { STAFF_HEADERS } from './session.ts';

/** A file that is generated while it is sent, from a seed. */
export interface MadeUp {
  bytes: number;
  seed: number;
}

/** A stored file. */
export interface Kept {
  sha256: string;
  url: string;
}

const ZEROS = Buffer.alloc(64 * 1024);
const BOUNDARY = 'a-boundary';
const CREATE =
  'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { upload { url } userErrors { message } } }';
const UPLOAD =
  'mutation ($file: File!) { uploadFile(input: { file: $file }) { file { sha256 url } userErrors { message } } }';

/** The SHA-256 of a generated file. */
export function sha256Of(file: MadeUp): string {
  const hash = createHash('sha256');
  for (const piece of toPieces(file)) hash.update(piece);
  return hash.digest('hex');
}

/** Sends a file by `createUpload` and one PUT. */
export async function upload(serverUrl: string, file: MadeUp): Promise<Kept> {
  const body = JSON.stringify({ query: CREATE, variables: { input: { name: 'made-up.bin', size: file.bytes } } });
  const answer = await request(`${serverUrl}/graphql`, {
    method: 'POST',
    headers: { ...STAFF_HEADERS, 'content-type': 'application/json' },
    body,
  });
  const { data, errors } = JSON.parse(await answer.body.text());
  assert.equal(errors, undefined);
  assert.deepEqual(data.createUpload.userErrors, []);
  return JSON.parse(await put(data.createUpload.upload.url, file));
}

/** Sends a file by one PUT. @returns the answer as text */
export async function put(url: string, file: MadeUp): Promise<string> {
  const headers = { 'content-length': `${file.bytes}` };
  const { statusCode, body } = await request(url, {
    method: 'PUT',
    headers,
    body: Readable.from(toPieces(file), { objectMode: false }),
  });
  const answer = await body.text();
  assert.equal(statusCode, 201, answer);
  return answer;
}

/** Sends a file by the mutation `uploadFile`. */
export async function uploadInForm(serverUrl: string, file: MadeUp): Promise<Kept> {
  const type = `multipart/form-data; boundary=${BOUNDARY}`;
  const headers = { ...STAFF_HEADERS, 'content-type': type, 'x-gather-preflight': '1' };
  const { body } = await request(`${serverUrl}/graphql`, {
    method: 'POST',
    headers,
    body: Readable.from(toForm(file), { objectMode: false }),
  });
  const { data, errors } = JSON.parse(await body.text());
  assert.equal(errors, undefined);
  assert.deepEqual(data.uploadFile.userErrors, []);
  return data.uploadFile.file;
}

/** Downloads a file. @param look called with each chunk @returns the number of bytes */
export async function download(url: string, look: (piece: Buffer) => void = () => {}): Promise<number> {
  const { statusCode, body } = await request(url);
  assert.equal(statusCode, 200);
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    look(piece);
  }
  return bytes;
}

/** The bytes do not repeat, so that lost or misplaced ones change the hash. */
function* toPieces({ bytes, seed }: MadeUp): Generator<Buffer, void, void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  for (let left = bytes; left > 0; left -= ZEROS.length) yield cipher.update(ZEROS.subarray(0, left));
}

function* toForm(file: MadeUp): Generator<Buffer, void, void> {
  const operations = JSON.stringify({ query: UPLOAD, variables: { file: null } });
  const map = JSON.stringify({ 0: ['variables.file'] });
  const fields = `${toPart('name="operations"')}${operations}\r\n${toPart('name="map"')}${map}\r\n`;
  yield Buffer.from(`${fields}${toPart('name="0"; filename="made-up.bin"')}`);
  yield* toPieces(file);
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

/** The header of a part. */
function toPart(name: string): string {
  return `--${BOUNDARY}\r\ncontent-disposition: form-data; ${name}\r\n\r\n`;
}
