import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { bytesFrom } from '../../helpers/bytes.ts';
import { eventually } from '../../helpers/eventually.ts';

const SIZE = 3_000_000;
const SENT = 2_000_000;
const PIECE = { 'content-type': 'application/offset+octet-stream' };

let gather: TestApp;
let next: TestApp;
let nextUrl: string;

beforeAll(async () => {
  gather = await startTestApp({ drainTimeoutMs: 200 });
  next = await startTestApp({
    databaseUrl: gather.database.databaseUrl,
    store: { directory: gather.filesDir },
  });
  ({ url: nextUrl } = await next.app.start());
});
afterAll(async () => {
  await next.close();
  await gather.close();
});

test('an upload that a server cuts off when it stops goes on at once on the next one', async () => {
  const { url } = await gather.app.start();
  const { data } = await gather.query(
    `mutation { createUpload(input: { name: "smoke.bin", size: ${SIZE} }) { upload { url } } }`,
  );
  const { pathname } = new URL(data.createUpload.upload.url);
  const bytes = bytesFrom(0, SIZE);
  const sending = request(`${url}${pathname}`, { method: 'PUT', headers: { 'content-length': SIZE }, agent: false });
  const cut = new Promise((resolve) => sending.on('error', resolve));
  sending.write(bytes.subarray(0, SENT));
  await eventually(async () =>
    expect(
      Number((await fetch(`${nextUrl}${pathname}`, { method: 'HEAD' })).headers.get('upload-offset')),
    ).toBeGreaterThan(0),
  );
  await gather.app.stop();
  await cut;
  expect(await gather.database.ask('select writer, "writerUntil" from gather.upload')).toEqual([
    { writer: null, writerUntil: null },
  ]);

  const head = await fetch(`${nextUrl}${pathname}`, { method: 'HEAD' });
  const offset = Number(head.headers.get('upload-offset'));
  const rest = bytes.subarray(offset);
  const answer = await fetch(`${nextUrl}${pathname}`, {
    method: 'PATCH',
    headers: { ...PIECE, 'upload-offset': `${offset}` },
    body: Uint8Array.from(rest),
  });
  expect(answer.status).toBe(204);
  expect(await gather.database.ask('select size from gather.file')).toEqual([{ size: `${SIZE}` }]);
});
