import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../../src/gather/context.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import { runMutation } from '../../../src/gather/graphql/run-mutation.ts';
import { STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { bytesFrom, piecesFrom } from '../../helpers/bytes.ts';
import { encode, FORM_HEADERS, toUpload } from '../../helpers/multipart.ts';
import { library } from '../library/index.ts';

const run = promisify(execFile);
const MB = 1_000_000;
const never = new AbortController().signal;

/** Keeps a file that it makes itself. */
const writeReport = (_: unknown, __: object, context: Context) =>
  runMutation(context, { file: null }, async () => {
    const bytes = Readable.from([Buffer.from('All books are here.')]);
    return { file: await context.files.keep(context.database, bytes, { name: 'report.txt', owner: null }) };
  });

/** The library, with that mutation. */
const application = {
  sdl: `${library.sdl} extend type Mutation { writeReport: FilePayload @auth(requires: STAFF) }`,
  resolvers: { ...library.resolvers, Mutation: { ...library.resolvers['Mutation'], writeReport } },
};

// Only root may mount a disk: the check of a clean checkout runs as root.
describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('on a full disk', () => {
  let directory: string;
  let gather: TestApp;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gather-full-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
    gather = await startTestApp({ application, store: { directory } });
    ({ url } = await gather.app.start());
  });
  afterAll(async () => {
    await gather.close();
    await run('umount', [directory]);
    await rm(directory, { recursive: true });
  });

  test('an announced upload is answered 507, nothing of it stays, and it can be sent again when there is room', async () => {
    const filler = join(directory, 'filler');
    await writeFile(filler, Buffer.alloc(MB));
    const path = await announce(1.5 * MB);
    for (const offset of [0, 500_000]) {
      if (offset > 0) expect((await send('PATCH', path, bytesFrom(0, offset), 0)).status).toBe(204);
      const answer = await send('PATCH', path, bytesFrom(offset, 1.5 * MB - offset), offset);
      expect(answer.status).toBe(507);
      expect(await answer.json()).toMatchObject({
        errors: [{ extensions: { code: 'STORAGE_FULL', requestId: expect.any(String) } }],
      });
      expect(await partials()).toEqual([]);
      expect((await fetch(`${url}${path}`, { method: 'HEAD' })).headers.get('upload-offset')).toBe('0');
    }
    const other = await announce(100_000);
    expect((await send('PUT', other, bytesFrom(0, 100_000))).status).toBe(201);
    await rm(filler);
    expect((await send('PUT', path, bytesFrom(0, 1.5 * MB))).status).toBe(201);
    await empty();
  });

  test('a multipart request is answered 507, and nothing of its file stays', async () => {
    const { status, body } = await upload(3 * MB);
    expect(status).toBe(507);
    expect(body.errors).toMatchObject([{ extensions: { code: 'STORAGE_FULL', source: 'disk', retryable: true } }]);
    expect(await partials()).toEqual([]);
    expect(await gather.database.ask('select from gather.file')).toEqual([]);
    expect((await upload(MB)).body.data.uploadFile.userErrors).toEqual([]);
    await empty();
  });

  test('a file that the application makes is refused with a code, and kept when there is room', async () => {
    await fill();
    const write = () => gather.query('mutation { writeReport { file { id } userErrors { code } } }');
    expect((await write()).errors).toMatchObject([{ extensions: { code: 'STORAGE_FULL' } }]);
    expect(await partials()).toEqual([]);
    await rm(join(directory, 'filler'));
    expect((await write()).data.writeReport.file).toHaveProperty('id');
    await empty();
  });

  test('an object for which there is no directory is removed', async () => {
    const store = createLocalStore(directory);
    const key = randomUUID();
    await store.append(key, 0, piecesFrom(0, 1000), never);
    // As many entries as there are now, and those of this test.
    await run('mount', ['-o', 'remount,nr_inodes=4', directory]);
    await expect(store.complete(key)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await partials()).toEqual([]);
    await run('mount', ['-o', 'remount,nr_inodes=1000', directory]);
    await store.append(key, 0, piecesFrom(0, 1000), never);
    await store.complete(key);
    await store.remove(key);
  });

  async function announce(size: number): Promise<string> {
    const { data } = await gather.query(
      'mutation ($size: Float!) { createUpload(input: { name: "a", size: $size }) { upload { url } } }',
      {
        size,
      },
    );
    return new URL(data.createUpload.upload.url).pathname;
  }

  function send(method: string, path: string, bytes: Buffer, offset?: number): Promise<Response> {
    const headers = {
      ...STAFF_HEADERS,
      'content-type': 'application/offset+octet-stream',
      ...(offset !== undefined && { 'upload-offset': `${offset}` }),
    };
    return fetch(`${url}${path}`, { method, headers, body: Uint8Array.from(bytes) });
  }

  async function upload(size: number) {
    const body = Uint8Array.from(encode(toUpload(Buffer.alloc(size))));
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers: FORM_HEADERS, body });
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
    return { status: response.status, body: (await response.json()) as any };
  }

  function partials(): Promise<string[]> {
    return readdir(join(directory, 'partial'));
  }

  async function fill(): Promise<void> {
    await mkdir(join(directory, 'objects'), { recursive: true });
    await writeFile(join(directory, 'filler'), Buffer.alloc(4 * MB)).catch(() => {});
  }

  async function empty(): Promise<void> {
    await gather.database.ask('delete from gather.file');
    await rm(join(directory, 'objects'), { recursive: true, force: true });
  }
});
