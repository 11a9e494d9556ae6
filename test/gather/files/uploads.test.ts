import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Upload as TusUpload } from 'tus-js-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTables } from '../../../src/gather/database/tables.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import { createS3Store } from '../../../src/gather/files/s3-store.ts';
import type { Store } from '../../../src/gather/files/store.ts';
import { bytesFrom, piecesFrom } from '../../helpers/bytes.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';
import { lockTable } from '../../helpers/lock.ts';
import { watchResources } from '../../helpers/resources.ts';
import { startS3 } from '../../helpers/s3.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';
import { startUploadServer, type UploadAnswer, type UploadServer } from '../../helpers/upload-server.ts';

const PIECE = { 'content-type': 'application/offset+octet-stream' };
const UNKNOWN = {
  errors: [
    {
      message: expect.stringContaining('No upload is expected at this address'),
      extensions: { code: 'NOT_FOUND' },
    },
  ],
};
const CONFLICT = {
  errors: [{ message: 'Expected no more bytes: the file is complete.', extensions: { code: 'CONFLICT' } }],
};
const never = new AbortController().signal;

let library: TestDatabase;
let assertNothingIsLeft: () => Promise<void>;
let gather: UploadServer;

beforeAll(async () => {
  assertNothingIsLeft = watchResources();
  library = await createTestDatabase();
});

afterAll(async () => {
  await library.drop();
  await assertNothingIsLeft();
});

const stores = {
  'a directory': async () => {
    const directory = await temporaryDirectory();
    return { store: createLocalStore(directory.path), close: () => directory[Symbol.asyncDispose]() };
  },
  'a bucket': async () => {
    const s3 = await startS3();
    return { store: createS3Store(s3.config), close: () => s3[Symbol.asyncDispose]() };
  },
};

function useStore(open: () => Promise<{ store: Store; close: () => PromiseLike<void> }>): void {
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const { store, close } = await open();
    gather = await startUploadServer(library, store);
    stop = async () => {
      await gather[Symbol.asyncDispose]();
      await store.close();
      await close();
    };
  });
  afterAll(() => stop());
  afterEach(async () => {
    await eventually(async () =>
      expect(await library.ask('select from gather.upload where writer is not null')).toEqual([]),
    );
    await library.ask('delete from gather.upload');
    await library.ask('delete from gather.file');
    for (const key of await keysOf(gather.store)) await gather.store.remove(key);
  });
}

describe.each(Object.entries(stores))('in %s', (_, open) => {
  useStore(open);

  test('a file that is sent in one go is there, and told of', async () => {
    const bytes = bytesFrom(0, 3_000_000);
    const path = await gather.announce(bytes.length, { name: 'Rauch 燻.bin', sha256: sha256(bytes) });
    const answer = await gather.ask('PUT', path, {}, bytes);
    const file = await onlyFile();
    expect(answer).toMatchObject({
      status: 201,
      headers: { location: `/files/${file.key}`, 'tus-resumable': '1.0.0' },
    });
    expect(JSON.parse(answer.body)).toEqual({
      id: btoa(`StoredFile:${file.id}`),
      url: `${gather.url}/files/${file.key}`,
      name: 'Rauch 燻.bin',
      size: bytes.length,
      type: 'application/octet-stream',
      sha256: sha256(bytes),
    });
    expect(sha256(await contentOf(file.key))).toBe(sha256(bytes));
    expect(await library.ask('select from gather.upload')).toEqual([]);
  });

  test('a file may be empty', async () => {
    expect(await gather.ask('PUT', await gather.announce(0))).toMatchObject({ status: 201 });
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(Buffer.alloc(0)));
  });

  test('what came before the connection broke is kept, and the rest completes it', async () => {
    const bytes = bytesFrom(0, 20_000_000);
    const path = await gather.announce(bytes.length, { sha256: sha256(bytes) });
    await breakOff(path, bytes, 15_000_000);
    const offset = await offsetOf(path);
    expect(offset).toBeGreaterThan(8_000_000);
    expect(offset).toBeLessThan(bytes.length);
    const rest = { 'upload-offset': offset };
    expect(await gather.ask('PUT', path, rest, bytes.subarray(offset))).toMatchObject({ status: 201 });
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bytes));
  });

  test('a tus client sends it in pieces, and goes on where its connection broke', async () => {
    const bytes = bytesFrom(0, 12_000_000);
    const path = await gather.announce(bytes.length, { sha256: sha256(bytes) });
    await breakOff(path, bytes, 4_000_000);
    const sent = await tusUpload(path, bytes, { chunkSize: 1_000_000 });
    expect(sent[0]).toBeGreaterThan(0);
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bytes));
  });

  test('a file that is not what was announced is refused, and nothing is left of it', async () => {
    const bytes = bytesFrom(0, 1_000_000);
    for (const announced of [{ sha256: sha256(Buffer.from('other')) }, { type: 'image/png' }]) {
      for (const pieces of [[bytes], [bytes.subarray(0, 400_000), bytes.subarray(400_000)]]) {
        const path = await gather.announce(bytes.length, announced);
        const answer = await sendAll(path, pieces);
        expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('Expected a file whose') });
        expect(await gather.ask('HEAD', path)).toMatchObject({ status: 404 });
      }
    }
    expect(await library.ask('select from gather.file')).toEqual([]);
    expect(await keysOf(gather.store)).toEqual([]);
  });

  test('what a crash left undone after the last byte is done when the client asks', async () => {
    for (const isObject of [false, true]) {
      const bytes = bytesFrom(0, 1_000_000);
      const path = await gather.announce(bytes.length, { sha256: sha256(bytes) });
      const [upload] = await library.ask<{ key: string }>('update gather.upload set "isWhole" = $1 returning key', [
        isObject,
      ]);
      await gather.store.append(upload?.key ?? '', 0, piecesFrom(0, bytes.length), never);
      if (isObject) await gather.store.complete(upload?.key ?? '');
      const head = await gather.ask('HEAD', path);
      expect(head).toMatchObject({
        status: 200,
        headers: { 'upload-offset': '1000000', location: expect.any(String) },
      });
      expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bytes));
      await library.ask('delete from gather.file');
    }
  });
});

describe('an upload', () => {
  useStore(stores['a directory']);

  test('is announced with a token of 256 bits, of which only the hash is stored', async () => {
    const path = await gather.announce(1);
    const [, token = ''] = /^\/uploads\/([\w-]{43})$/.exec(path) ?? [];
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(await library.ask('select "tokenHash" from gather.upload')).toEqual([
      { tokenHash: sha256(Buffer.from(token)) },
    ]);
  });

  test('costs one statement for each step', async () => {
    const path = await gather.announce(5);
    library.statements();
    await gather.ask('PUT', path, {}, Buffer.from('Smoke'));
    expect(library.statements().map((statement) => statement.trim().split(/\s+/).slice(0, 3).join(' '))).toEqual([
      expect.stringMatching(/^select .*"id"/),
      'update "gather"."upload" set',
      'update "gather"."upload" set',
      'begin',
      'insert into "gather"."file"',
      'delete from "gather"."upload"',
      'update "gather"."file" set',
      'commit',
      'update "gather"."upload" set',
    ]);
  });

  test('is unknown for any other token, in the same words', async () => {
    const path = await gather.announce(5);
    await library.ask(`update gather.upload set "expiresAt" = now() - interval '1 second'`);
    for (const unknown of [
      path,
      `/uploads/${'A'.repeat(43)}`,
      '/uploads/',
      '/uploads/x',
      `${path}/x`,
      '/uploads/%00',
    ]) {
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const answer = await gather.ask(method, unknown, { ...PIECE, 'upload-offset': 0 }, Buffer.from('Smoke'));
        expect(answer.status).toBe(404);
        expect(JSON.parse(answer.body)).toEqual(UNKNOWN);
      }
      expect((await gather.ask('HEAD', unknown)).status).toBe(404);
    }
    expect(await keysOf(gather.store)).toEqual([]);
  });

  test('expires an hour after its last piece, and a day after it was announced', async () => {
    const path = await gather.announce(3);
    await library.ask(`update gather.upload set "expiresAt" = now() + interval '1 minute'`);
    await patch(path, 0, 'a');
    expect(await minutesLeft()).toBe(60);
    await library.ask(`update gather.upload set "createdAt" = now() - interval '23.5 hours'`);
    await patch(path, 1, 'b');
    expect(await minutesLeft()).toBe(30);
  });

  test('can be asked about, completed or not, as often as one likes', async () => {
    const path = await gather.announce(5);
    expect(await gather.ask('HEAD', path)).toMatchObject({
      status: 200,
      headers: { 'upload-offset': '0', 'upload-length': '5', 'tus-resumable': '1.0.0', 'cache-control': 'no-store' },
    });
    expect(await patch(path, 0, 'Smo')).toMatchObject({ status: 204, headers: { 'upload-offset': '3' } });
    expect(await offsetOf(path)).toBe(3);
    const last = await patch(path, 3, 'ke');
    const { key } = await onlyFile();
    const complete = { 'upload-offset': '5', location: `/files/${key}` };
    expect(last).toMatchObject({ status: 204, headers: complete, body: '' });
    expect(await gather.ask('HEAD', path)).toMatchObject({
      status: 200,
      headers: { ...complete, 'upload-length': '5' },
    });
    expect(await patch(path, 5, '')).toMatchObject({ status: 204, headers: complete });
    const again = await gather.ask('PUT', path);
    expect(again).toMatchObject({ status: 201, headers: complete });
    expect(JSON.parse(again.body)).toMatchObject({ name: 'smoke.bin', size: 5, type: 'text/plain' });
  });

  test('takes no more bytes once it is complete, and cannot be given up then', async () => {
    const path = await gather.announce(5);
    await gather.ask('PUT', path, {}, Buffer.from('Smoke'));
    for (const [method, headers] of [
      ['PUT', {}],
      ['PATCH', { ...PIECE, 'upload-offset': 0 }],
      ['DELETE', {}],
    ] as const) {
      const answer = await gather.ask(method, path, headers, Buffer.from('Other'));
      expect(answer).toMatchObject({ status: 409, headers: { 'upload-offset': '5', location: expect.any(String) } });
    }
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(Buffer.from('Smoke')));
  });

  test('is unknown once its file was deleted', async () => {
    const path = await gather.announce(5);
    await gather.ask('PUT', path, {}, Buffer.from('Smoke'));
    await library.ask('delete from gather.file');
    expect(await gather.ask('HEAD', path)).toMatchObject({ status: 404 });
  });

  test('that is given up leaves nothing, also while bytes come', async () => {
    const path = await gather.announce(5);
    await patch(path, 0, 'Smo');
    expect(await gather.ask('DELETE', path)).toMatchObject({ status: 204 });
    expect(await gather.ask('HEAD', path)).toMatchObject({ status: 404 });
    const other = await gather.announce(5_000_000);
    const sending = gather.ask('PUT', other, {}, trickle(5_000_000));
    await eventually(async () =>
      expect(await library.ask('select from gather.upload where writer is not null')).toHaveLength(1),
    );
    expect(await gather.ask('DELETE', other)).toMatchObject({ status: 204 });
    expect(await sending).toMatchObject({ status: 404 });
    expect(await keysOf(gather.store)).toEqual([]);
  });

  test('begins anew with a PUT that does not say otherwise', async () => {
    const path = await gather.announce(5);
    await patch(path, 0, 'XYZ');
    expect(await gather.ask('PUT', path, {}, Buffer.from('Smoke'))).toMatchObject({ status: 201 });
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(Buffer.from('Smoke')));
  });

  test('goes on only where it ends', async () => {
    const path = await gather.announce(5);
    await patch(path, 0, 'Smo');
    for (const offset of [0, 2, 4]) {
      const answer = await patch(path, offset, 'k');
      expect(answer).toMatchObject({ status: 409, headers: { 'upload-offset': '3' } });
      expect(answer.body).toContain(`Expected bytes from offset 3, where the file ends so far; got ${offset}.`);
    }
  });

  test('becomes the cover of a book, if it is an image', async () => {
    const { book } = createTables(library.database);
    const [{ id: bookId } = { id: '' }] = await library.ask<{ id: string }>('select id from book limit 1');
    const text = await gather.announce(5, { purpose: { attachment: 'cover', target: bookId } });
    expect(await gather.ask('PUT', text, {}, Buffer.from('Smoke'))).toMatchObject({
      status: 400,
      body: expect.stringContaining(
        'Expected an image for a cover, as JPEG, PNG, WebP, GIF, TIFF or AVIF, got text/plain.',
      ),
    });
    const gif = Buffer.from('R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAIBAAA=', 'base64');
    await gather.ask(
      'PUT',
      await gather.announce(gif.length, { purpose: { attachment: 'cover', target: bookId }, type: 'image/gif' }),
      {},
      gif,
    );
    expect((await book.get({ id: bookId })).coverId).toBe((await onlyFile()).id);
  });
});

describe('what a request says of its bytes', () => {
  useStore(stores['a directory']);

  test('is refused before any is read where it does not fit', async () => {
    const path = await gather.announce(1000);
    const cases: [status: number, message: string, method: string, headers: object][] = [
      [413, 'Expected a file of at most 1000 bytes', 'PUT', { 'content-length': 1001 }],
      [413, 'Expected a file of at most 1000 bytes', 'PATCH', { ...PIECE, 'upload-offset': 999, 'content-length': 2 }],
      [413, 'Expected a file of at most 1000 bytes', 'PUT', { 'content-range': 'bytes 0-1000/*' }],
      [400, 'Expected all of the 1000 missing bytes, got 999.', 'PUT', { 'content-length': 999 }],
      [400, 'Expected the announced file of 1000 bytes, got one of 20.', 'PUT', { 'content-range': 'bytes 0-19/20' }],
      [400, 'Expected 10 bytes by the', 'PUT', { 'content-range': 'bytes 0-9/1000', 'content-length': 1000 }],
      [400, 'Expected a Content-Range such as', 'PUT', { 'content-range': 'bytes 9-0/1000' }],
      [400, 'Expected a Content-Range such as', 'PUT', { 'content-range': 'books 0-1' }],
      [400, 'got \\"-1\\".', 'PATCH', { ...PIECE, 'upload-offset': '-1', 'content-length': 1 }],
      [400, 'Expected an Upload-Offset, got none.', 'PATCH', { ...PIECE, 'content-length': 1 }],
      [409, 'where the file ends so far; got 5.', 'PUT', { 'upload-offset': 5, 'content-length': 995 }],
      [415, 'got text/plain.', 'PATCH', { 'content-type': 'text/plain', 'upload-offset': 0, 'content-length': 1 }],
      [412, 'Expected Tus-Resumable: 1.0.0, got 0.2.0.', 'PUT', { 'tus-resumable': '0.2.0', 'content-length': 1000 }],
      [405, 'Expected one of OPTIONS, HEAD, PUT, PATCH, DELETE, got POST.', 'POST', { 'content-length': 1000 }],
    ];
    for (const [status, message, method, headers] of cases) {
      const answer = await gather.ask(method, path, { ...headers }, silence());
      expect(answer).toMatchObject({ status, body: expect.stringContaining(message) });
    }
    expect(await offsetOf(path)).toBe(0);
  });

  test('need not be said: what comes counts', async () => {
    const path = await gather.announce(1000);
    const over = await gather.ask('PUT', path, {}, piecesFrom(0, 3_000_000));
    expect(over).toMatchObject({ status: 413, body: expect.stringContaining('Expected a file of at most 1000 bytes') });
    const short = await gather.ask('PUT', path, {}, piecesFrom(0, 999));
    expect(short).toMatchObject({ status: 400, body: expect.stringContaining('got 999. Use PATCH to send a piece.') });
    const rest = await gather.ask('PATCH', path, { ...PIECE, 'upload-offset': 999 }, piecesFrom(999, 2));
    expect(rest).toMatchObject({ status: 413, body: expect.stringContaining('Expected a file of at most 1000 bytes') });
    expect(await gather.ask('PUT', path, {}, piecesFrom(0, 1000))).toMatchObject({ status: 201 });
  });

  test('is looked at before a client that asks for leave is told to continue', async () => {
    const path = await gather.announce(5);
    const expecting = { expect: '100-continue', 'content-length': 5 };
    const unknown = `/uploads/${'A'.repeat(43)}`;
    expect(await isToldToContinue(unknown, expecting)).toEqual({ status: 404, isTold: false });
    expect(await isToldToContinue(path, { ...expecting, 'content-length': 6 })).toEqual({ status: 413, isTold: false });
    expect(await isToldToContinue(path, expecting)).toEqual({ status: 201, isTold: true });
  });

  test('follows tus: what is supported is told, and a PATCH may be sent as a POST', async () => {
    const path = await gather.announce(5);
    expect(await gather.ask('OPTIONS', path)).toMatchObject({
      status: 204,
      headers: {
        'tus-resumable': '1.0.0',
        'tus-version': '1.0.0',
        'tus-extension': 'termination',
        'tus-max-size': '1000000000',
      },
    });
    const headers = { ...PIECE, 'upload-offset': 0, 'x-http-method-override': 'PATCH' };
    expect(await gather.ask('POST', path, headers, Buffer.from('Smoke'))).toMatchObject({ status: 204 });
  });
});

describe('a client', () => {
  useStore(stores['a directory']);

  test('can be curl, also with the rest of a file', async () => {
    await using directory = await temporaryDirectory();
    const source = join(directory.path, 'smoke.bin');
    const bytes = bytesFrom(0, 5_000_000);
    await writeFile(source, bytes);
    const path = await gather.announce(bytes.length, { sha256: sha256(bytes) });
    expect(JSON.parse(await curl('-T', source, `${gather.url}${path}`))).toMatchObject({ sha256: sha256(bytes) });
    const other = await gather.announce(bytes.length, { sha256: sha256(bytes) });
    await patch(other, 0, bytes.subarray(0, 2_000_000));
    const answer = await curl('-C', '2000000', '-T', source, `${gather.url}${other}`);
    expect(JSON.parse(answer)).toMatchObject({ sha256: sha256(bytes) });
  });

  test('that leaves at any moment leaves no file, and can go on', async () => {
    const bytes = bytesFrom(0, 400_000);
    const path = await gather.announce(bytes.length, { sha256: sha256(bytes) });
    let isOver = false;
    for (let round = 0; round < 100; round++) {
      const offset = await offsetOf(path);
      const left = bytes.length - offset;
      if (left < 10_000) isOver = true;
      const rest = bytes.subarray(offset);
      if (!isOver) await breakOff(path, rest, Math.floor(Math.random() * Math.min(left - 1, 8000)), offset);
      expect(await library.ask('select from gather.file')).toEqual([]);
    }
    const offset = await offsetOf(path);
    expect(await patch(path, offset, bytes.subarray(offset))).toMatchObject({ status: 204 });
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bytes));
    expect(gather.log.filter((line) => JSON.parse(line).level > 30)).toEqual([]);
  }, 60_000);

  test('that leaves while its file is completed finds it complete', async () => {
    const path = await gather.announce(5);
    await patch(path, 0, 'Smo');
    await using locked = await lockTable(library.databaseUrl, 'file');
    const headers = { ...PIECE, 'upload-offset': 3 };
    const leaving = request(`${gather.url}${path}`, { method: 'PATCH', headers, agent: false }).on('error', () => {});
    leaving.end('ke');
    await eventually(async () =>
      expect(await library.ask('select from gather.upload where "isWhole"')).toHaveLength(1),
    );
    leaving.destroy();
    await sleep(100);
    await locked[Symbol.asyncDispose]();
    await eventually(async () => expect(await library.ask('select from gather.file')).toHaveLength(1));
    expect((await gather.ask('HEAD', path)).headers.location).toBe(`/files/${(await onlyFile()).key}`);
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(Buffer.from('Smoke')));
  });

  test('wins alone where six send other bytes to the same place at once', async () => {
    for (let round = 0; round < 5; round++) {
      const path = await gather.announce(300_000);
      const bodies = Array.from({ length: 6 }, (_, index) => Buffer.alloc(300_000, `${index}`));
      const answers = await Promise.all(bodies.map((body) => gather.ask('PUT', path, {}, body)));
      const winner = answers.findIndex(({ status }) => status === 201);
      for (const [index, { status, body }] of answers.entries()) {
        if (index === winner) expect(JSON.parse(body)).toMatchObject({ sha256: sha256(bodies[index] as Buffer) });
        else expect([status, JSON.parse(body)]).toEqual([409, CONFLICT]);
      }
      expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bodies[winner] as Buffer));
      await library.ask('delete from gather.file');
    }
  }, 60_000);

  test('does not pass for the sender of what a crash left whole', async () => {
    const path = await gather.announce(5);
    const [upload] = await library.ask<{ key: string }>('update gather.upload set "isWhole" = true returning key');
    await gather.store.append(upload?.key ?? '', 0, Readable.from([Buffer.from('Smoke')]), never);
    const answer = await gather.ask('PUT', path, {}, Buffer.from('Other'));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([409, CONFLICT]);
    expect(answer.headers.location).toBe(`/files/${(await onlyFile()).key}`);
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(Buffer.from('Smoke')));
  });

  test('is not let in by a second one as long as it sends', async () => {
    const path = await gather.announce(100_000);
    const first = gather.ask('PUT', path, {}, trickle(100_000, 9000));
    await eventually(async () =>
      expect(await library.ask('select from gather.upload where writer is not null')).toHaveLength(1),
    );
    const second = await patch(path, 0, bytesFrom(0, 100_000));
    expect(second).toMatchObject({ status: 423, headers: { 'retry-after': '5' } });
    expect(await first).toMatchObject({ status: 201 });
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bytesFrom(0, 100_000)));
  }, 30_000);

  test('whose connection is dead without a word is followed by one that goes on', async () => {
    const bytes = bytesFrom(0, 3_000_000);
    const path = await gather.announce(bytes.length, { sha256: sha256(bytes) });
    const dead = gather.ask('PUT', path, { 'content-length': bytes.length }, thenSilence(bytes.subarray(0, 2_000_000)));
    await eventually(async () => expect(await offsetOf(path)).toBeGreaterThan(1_000_000));
    const sent = await tusUpload(path, bytes, { retryDelays: [0, 500, 500, 500] });
    expect(sent[0]).toBeGreaterThan(0);
    expect(await dead).toMatchObject({ status: 423 });
    expect(sha256(await contentOf((await onlyFile()).key))).toBe(sha256(bytes));
  }, 30_000);

  test('waits for the lease of a process that died', async () => {
    const path = await gather.announce(5);
    const lease = `update gather.upload set writer = gen_random_uuid(), "writerUntil" = now() + $1::interval`;
    await library.ask(lease, ['1 hour']);
    expect(await patch(path, 0, 'Smoke')).toMatchObject({ status: 423 });
    await library.ask(lease, ['2 seconds']);
    expect(await patch(path, 0, 'Smoke')).toMatchObject({ status: 204 });
  }, 30_000);

  test('that sends nothing for long is told so', async () => {
    const path = await gather.announce(5);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { setTimeout: fake } = globalThis;
    let waits = 0;
    const counting = (...args: Parameters<typeof fake>) => {
      if (args[1] === 30_000) waits++;
      return fake(...args);
    };
    globalThis.setTimeout = Object.assign(counting, fake);
    try {
      const answering = gather.ask('PUT', path, { 'content-length': 5 }, thenSilence(Buffer.from('Sm')));
      // For the bytes that come, and for those that do not.
      await eventually(() => expect(waits).toBe(2));
      vi.advanceTimersByTime(31_000);
      expect(await answering).toMatchObject({ status: 408, body: expect.stringContaining('no pause of 30 seconds') });
      vi.advanceTimersByTime(2000);
    } finally {
      globalThis.setTimeout = fake;
      vi.useRealTimers();
    }
    expect(await offsetOf(path)).toBe(2);
  });

  test('that goes on sending after it was refused is cut off', async () => {
    const path = await gather.announce(1000);
    const headers = { 'transfer-encoding': 'chunked' };
    const endless = request(`${gather.url}${path}`, { method: 'PUT', headers, agent: false }).on('error', () => {});
    const refused = once(endless, 'response');
    const cut = once(endless, 'close');
    const sending = setInterval(() => endless.write(bytesFrom(0, 10_000)), 10);
    const [response] = await refused;
    expect(response.resume().statusCode).toBe(413);
    await cut;
    clearInterval(sending);
  });

  test('sends at most 8 files at a time', async () => {
    const paths = await Promise.all(Array.from({ length: 8 }, () => gather.announce(5)));
    const stop = new AbortController();
    const sending = paths.map((path) =>
      gather.ask('PUT', path, { 'content-length': 5 }, silence(stop.signal)).catch(() => {}),
    );
    await eventually(async () =>
      expect(await library.ask('select from gather.upload where writer is not null')).toHaveLength(8),
    );
    const path = await gather.announce(5);
    const ninth = await gather.ask('PUT', path, { 'content-length': 5 }, silence());
    expect(ninth).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
    expect(ninth.body).toContain('Expected at most 8 uploads at a time of one sender.');
    stop.abort();
    await Promise.all(sending);
    await eventually(async () => expect(await patch(path, 0, 'Smoke')).toMatchObject({ status: 204 }));
  });

  test('finds nothing of its token in the log', async () => {
    const path = await gather.announce(5);
    gather.log.length = 0;
    await gather.ask('PUT', path, {}, Buffer.from('Smoke'));
    expect(gather.log.map((line) => JSON.parse(line))).toMatchObject([
      { request: 'PUT /uploads', status: 201, ms: expect.any(Number) },
    ]);
    expect(gather.log.join()).not.toContain(path.slice('/uploads/'.length));
  });
});

describe('memory', () => {
  useStore(stores['a directory']);

  test('stays the same for 200 MB in one go, and for 8 files at once', async () => {
    await using directory = await temporaryDirectory();
    const source = await sparseFile(directory.path, 200_000_000);
    const path = await gather.announce(200_000_000);
    const whole = await growthWhile(() => curl('-T', source, `${gather.url}${path}`));
    expect(whole).toBeLessThan(64_000_000);
    const small = await sparseFile(directory.path, 30_000_000);
    const paths = await Promise.all(Array.from({ length: 8 }, () => gather.announce(30_000_000)));
    const growth = await growthWhile(() =>
      Promise.all(paths.map((other) => curl('-T', small, `${gather.url}${other}`))),
    );
    expect(growth).toBeLessThan(64_000_000);
    expect(await library.ask('select from gather.file')).toHaveLength(9);
  }, 120_000);
});

async function onlyFile(): Promise<{ id: string; key: string }> {
  const files = await library.ask<{ id: string; key: string }>('select id, key from gather.file');
  expect(files).toHaveLength(1);
  return files[0] ?? { id: '', key: '' };
}

async function contentOf(key: string): Promise<Buffer> {
  return buffer(await gather.store.read(key, never));
}

async function keysOf(store: Store): Promise<string[]> {
  return (await Array.fromAsync(store.list(never))).map(({ key }) => key);
}

async function offsetOf(path: string): Promise<number> {
  const { status, headers } = await gather.ask('HEAD', path);
  expect(status).toBe(200);
  return Number(headers['upload-offset']);
}

function patch(path: string, offset: number, bytes: Buffer | string): Promise<UploadAnswer> {
  return gather.ask('PATCH', path, { ...PIECE, 'upload-offset': offset }, Buffer.from(bytes));
}

/** @returns the last answer */
async function sendAll(path: string, pieces: Buffer[]): Promise<UploadAnswer | undefined> {
  let offset = 0;
  let answer: UploadAnswer | undefined;
  for (const piece of pieces) {
    answer = await patch(path, offset, piece);
    offset += piece.length;
  }
  return answer;
}

/** Sends so many of the bytes of a file and leaves; resolves when the server has noticed. */
async function breakOff(path: string, bytes: Buffer, count: number, offset = 0): Promise<void> {
  const headers = { ...PIECE, 'upload-offset': offset, 'content-length': bytes.length };
  const stop = new AbortController();
  const sending = gather.ask('PATCH', path, headers, thenSilence(bytes.subarray(0, count), stop.signal));
  const broken = expect(sending).rejects.toThrow();
  // However far it came by then.
  await sleep(count > 1_000_000 ? 500 : Math.random() * 20);
  stop.abort();
  await broken;
  await eventually(async () =>
    expect(await library.ask('select from gather.upload where writer is not null')).toEqual([]),
  );
}

/** @returns the offsets of its requests */
async function tusUpload(path: string, bytes: Buffer, options: object): Promise<number[]> {
  const offsets: number[] = [];
  await new Promise<void>((resolve, reject) => {
    const upload = new TusUpload(bytes, {
      uploadUrl: `${gather.url}${path}`,
      ...options,
      onBeforeRequest: (request) => {
        const offset = request.getHeader('Upload-Offset');
        if (offset !== undefined) offsets.push(Number(offset));
      },
      onError: reject,
      onSuccess: () => resolve(),
    });
    upload.start();
  });
  return offsets;
}

async function isToldToContinue(path: string, headers: Record<string, string | number>) {
  const outgoing = request(`${gather.url}${path}`, { method: 'PUT', headers, agent: false });
  let isTold = false;
  outgoing.on('continue', () => {
    isTold = true;
    outgoing.end('Smoke');
  });
  outgoing.on('error', () => {});
  outgoing.flushHeaders();
  const [response] = await once(outgoing, 'response');
  response.resume();
  outgoing.destroy();
  return { status: response.statusCode, isTold };
}

async function* trickle(length: number, ms = 60_000): AsyncGenerator<Buffer> {
  const pieces = ms / 100;
  for await (const piece of piecesFrom(0, length, Math.ceil(length / pieces))) {
    await sleep(100);
    yield piece;
  }
}

async function* thenSilence(bytes: Buffer, signal?: AbortSignal): AsyncGenerator<Buffer> {
  yield bytes;
  yield* silence(signal);
}

/** Nothing, for a minute. */
async function* silence(signal?: AbortSignal): AsyncGenerator<Buffer> {
  yield Buffer.alloc(0);
  await sleep(60_000, undefined, { ref: false, ...(signal && { signal }) });
}

async function minutesLeft(): Promise<number> {
  const [row] = await library.ask<{ left: number }>(
    'select round(extract(epoch from "expiresAt" - now()) / 60)::int as left from gather.upload',
  );
  return row?.left ?? 0;
}

async function curl(...args: string[]): Promise<string> {
  const child = spawn('curl', ['--silent', '--show-error', '--fail-with-body', '--max-time', '60', ...args]);
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(complaints).toBe('');
  return output;
}

async function sparseFile(directory: string, length: number): Promise<string> {
  const path = join(directory, `${length}.bin`);
  await using file = await open(path, 'w');
  await file.truncate(length);
  return path;
}

async function growthWhile(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  await work();
  clearInterval(timer);
  return most - before;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
