import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { launchBrowser } from '../../helpers/browser.ts';
import { type Answered, toForm, toUpload, UPLOAD } from '../../helpers/multipart.ts';

const HEADERS = { ...STAFF_HEADERS, 'x-gather-preflight': '1' };
const DELETE = 'mutation ($id: ID!) { deleteFile(id: $id) { deletedId userErrors { code message field } } }';
const PHOTO = 'query ($id: ID!) { node(id: $id) { ... on Item { photo { id name type } } } }';

const browser = await launchBrowser();

let gather: TestApp;
let url: string;
let png: Buffer;

beforeAll(async () => {
  gather = await startTestApp();
  ({ url } = await gather.app.start());
  png = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
});
afterAll(async () => {
  await browser?.close();
  await gather.close();
});

describe('a file', () => {
  test('is kept under an ID, and answered with what it is', async () => {
    const { file, userErrors } = await upload(png, { filename: 'brisket.png' });
    expect(userErrors).toEqual([]);
    expect(file).toEqual({
      id: expect.any(String),
      name: 'brisket.png',
      type: 'image/png',
      size: png.length,
      sha256: createHash('sha256').update(png).digest('hex'),
      url: expect.stringContaining('/files/'),
    });
    const { data } = await gather.query('query ($id: ID!) { node(id: $id) { ... on StoredFile { name } } }', {
      id: file.id,
    });
    expect(data.node).toEqual({ name: 'brisket.png' });
  });

  test('may be empty', async () => {
    const { file } = await upload('');
    expect(file).toMatchObject({ size: 0, type: 'application/octet-stream' });
  });

  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\brisket.png', 'brisket.png'],
    ['..', '..'],
    ['Räucher ✓ 𝔊 👩‍🍳.txt', 'Räucher ✓ 𝔊 👩‍🍳.txt'],
    ['a\u202egnp.exe', 'agnp.exe'],
    ['a\u0085b', 'ab'],
    ['😀'.repeat(255), '😀'.repeat(255)],
    ['%2e%2e%2fpasswd', '%2e%2e%2fpasswd'],
  ])('called %j is called %j, wherever it is shown', async (filename, name) => {
    const { file, userErrors } = await upload('x', { filename });
    expect(userErrors).toEqual([]);
    expect(file.name).toBe(name);
    expect(new URL(file.url).pathname).toMatch(/^\/files\/[0-9a-f-]{36}$/);
  });

  test.each([
    ['x'.repeat(300), 'Expected 1 to 255 characters, got 300.'],
    ['folder/', 'Expected 1 to 255 characters, got 0.'],
  ])('called %j is refused', async (filename, message) => {
    const before = await gather.database.ask('select from file');
    const { file, userErrors } = await upload('x', { filename });
    expect(file).toBeNull();
    expect(userErrors).toEqual([{ code: 'INVALID_INPUT', message, field: ['file'] }]);
    expect(await gather.database.ask('select from file')).toEqual(before);
  });
});

describe('the photo of an item', () => {
  test('is a file that is uploaded for it', async () => {
    const itemId = await anItem();
    const { file } = await upload(png, { filename: 'brisket.png', input: { itemId } });
    const { data } = await gather.query(PHOTO, { id: itemId });
    expect(data.node.photo).toEqual({ id: file.id, name: 'brisket.png', type: 'image/png' });
  });

  test('must be an image', async () => {
    const itemId = await anItem();
    const { file, userErrors } = await upload('just text', { input: { itemId } });
    expect(file).toBeNull();
    expect(userErrors).toEqual([
      {
        code: 'INVALID_INPUT',
        message: 'Expected an image for a photo, as JPEG, PNG, WebP, GIF, TIFF or AVIF, got text/plain.',
        field: ['file'],
      },
    ]);
  });

  test.each([
    [btoa('Item:999999'), 'NOT_FOUND'],
    [btoa('Supplier:1'), 'INVALID_INPUT'],
    ['x', 'INVALID_INPUT'],
  ])('must be of an item that is there: %s', async (itemId, code) => {
    const { file, userErrors } = await upload(png, { input: { itemId } });
    expect(file).toBeNull();
    expect(userErrors).toMatchObject([{ code, field: ['itemId'] }]);
  });

  test('is gone when it is deleted', async () => {
    const itemId = await anItem();
    const { file } = await upload(png, { input: { itemId } });
    const { data } = await gather.query(DELETE, { id: file.id });
    expect(data.deleteFile).toEqual({ deletedId: file.id, userErrors: [] });
    expect((await gather.query(PHOTO, { id: itemId })).data.node.photo).toBeNull();
    expect((await fetch(file.url.replace(/^.*(?=\/files)/, url))).status).toBe(404);
  });
});

describe('deleting', () => {
  test.each([
    ['a file that is not there', btoa('StoredFile:999999'), 'NOT_FOUND'],
    ['something else', btoa('Item:1'), 'INVALID_INPUT'],
  ])('%s is refused', async (_, id, code) => {
    const { data } = await gather.query(DELETE, { id });
    expect(data.deleteFile).toMatchObject({ deletedId: null, userErrors: [{ code, field: ['id'] }] });
  });

  test('the file of a certificate is refused', async () => {
    const { file } = await upload('certificate');
    const id = atob(file.id).split(':')[1];
    await gather.database.ask(`insert into certificate (recipient, amount, "fileId") values ('Ada', 1, ${id})`);
    const { data } = await gather.query(DELETE, { id: file.id });
    expect(data.deleteFile).toMatchObject({ deletedId: null, userErrors: [{ code: 'CONFLICT' }] });
    expect((await fetch(file.url.replace(/^.*(?=\/files)/, url))).status).toBe(200);
  });
});

test('Apollo Client uploads with apollo-upload-client', async () => {
  const link = new UploadHttpLink({
    uri: `${url}/graphql`,
    headers: { ...STAFF_HEADERS, 'Apollo-Require-Preflight': 'true' },
  });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const file = new File([png as Uint8Array<ArrayBuffer>], 'brisket.png', { type: 'image/png' });
  // biome-ignore lint/suspicious/noExplicitAny: as the client answers where no types are generated
  const { data } = await client.mutate<any>({ mutation: gql(UPLOAD), variables: { input: { file } } });
  expect(data.uploadFile).toMatchObject({ file: { name: 'brisket.png', size: png.length }, userErrors: [] });
  client.stop();
});

test('curl uploads, also what it asks leave for', async ({ skip }) => {
  const run = promisify(execFile);
  if (!(await run('curl', ['--version']).catch(() => undefined))) skip('There is no curl on this machine.');
  const path = join(gather.filesDir, 'smoke.bin');
  await writeFile(path, Buffer.alloc(3_000_000, 7));
  const [operations, map] = toUpload('');
  const args = [
    '-sS',
    '--max-time',
    '10',
    ...Object.entries(HEADERS).flatMap((header) => ['-H', header.join(': ')]),
    '-F',
    `operations=${operations?.content}`,
  ];
  const { stdout } = await run('curl', [...args, '-F', `map=${map?.content}`, '-F', `0=@${path}`, `${url}/graphql`]);
  expect(JSON.parse(stdout).data.uploadFile).toMatchObject({
    file: { name: 'smoke.bin', size: 3_000_000 },
    userErrors: [],
  });
});

describe.runIf(browser)('in a browser', () => {
  const bytes = 5_000_000;
  /** Sends what the form of its page holds, or a file of this size where it holds none. */
  const script = `async (size) => {
    const form = new FormData(document.querySelector('form'));
    const file = new File([new Uint8Array(size)], 'Räucher "ofen".bin');
    const body = new FormData();
    body.append('operations', JSON.stringify({ query: ${JSON.stringify(UPLOAD)}, variables: { input: { file: null } } }));
    body.append('map', JSON.stringify({ 0: ['variables.input.file'] }));
    body.append('0', form.get('file').size > 0 ? form.get('file') : file);
    const response = await fetch('/graphql', { method: 'POST', headers: ${JSON.stringify(HEADERS)}, body });
    return { status: response.status, body: await response.json() };
  }`;

  test('the script of a page uploads what its form holds', async () => {
    await using page = await openForm(url);
    await page.setInputFiles('input', { name: 'brisket.png', mimeType: 'image/png', buffer: png });
    const { body } = await run(page, 0);
    expect(body.data.uploadFile).toMatchObject({ file: { name: 'brisket.png', size: png.length }, userErrors: [] });
  });

  test('the script of a page uploads what it has made', async () => {
    await using page = await openForm(url);
    const { body } = await run(page, bytes);
    expect(body.data.uploadFile).toMatchObject({ file: { size: bytes }, userErrors: [] });
  });

  test('a file that is refused while it is sent is answered', async () => {
    const small = await startTestApp({ uploadMaxBytes: 1_000_000 });
    onTestFinished(() => small.close());
    await using page = await openForm((await small.app.start()).url);
    const { status, body } = await run(page, 50_000_000);
    expect(status).toBe(413);
    expect(body.errors).toMatchObject([{ extensions: { code: 'TOO_LARGE' } }]);
  });

  test('a form of another page uploads nothing', async () => {
    const before = await gather.database.ask('select from file');
    const [operations, map] = toUpload('');
    const fields = [operations, map].map(
      (part) => `<input name="${part?.field}" value="${part?.content.toString().replaceAll('"', '&quot;')}">`,
    );
    const form = `<form action="${url}/graphql" method="post" enctype="multipart/form-data">
      ${fields.join('')}<input name="0" type="file"><button></button>
    </form>`;
    const elsewhere = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(form));
    onTestFinished(() => new Promise<void>((resolve) => elsewhere.close(() => resolve()).closeAllConnections()));
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    await using page = await openPage(`http://localhost:${(elsewhere.address() as AddressInfo).port}`);
    await page.setInputFiles('input[type=file]', { name: 'a.png', mimeType: 'image/png', buffer: png });
    const [response] = await Promise.all([page.waitForNavigation(), page.click('button')]);
    expect(response?.status()).toBe(403);
    expect(await gather.database.ask('select from file')).toEqual(before);
  });

  async function run(page: Page, size: number): Promise<Pick<Answered, 'status' | 'body'>> {
    return (await page.evaluate(`(${script})(${size})`)) as Answered;
  }

  async function openForm(at: string): Promise<Page> {
    const page = await openPage(new URL('/health', at).href);
    await page.setContent('<form><input name="file" type="file"></form>');
    return page;
  }

  async function openPage(at: string): Promise<Page> {
    const page = await (browser as NonNullable<typeof browser>).newPage();
    await page.goto(at);
    return page;
  }
});

async function upload(
  content: string | Uint8Array,
  options: { filename?: string; input?: Record<string, unknown> } = {},
) {
  const body = toForm(toUpload(content, options));
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: HEADERS, body });
  const { data, errors } = await response.json();
  expect(errors).toBeUndefined();
  return data.uploadFile;
}

async function anItem(): Promise<string> {
  const [row] = await gather.database.ask<{ id: string }>('select id from item order by random() limit 1');
  return btoa(`Item:${row?.id}`);
}
