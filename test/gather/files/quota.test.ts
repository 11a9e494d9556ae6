import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SIGNED_IN, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { encode, FORM_HEADERS, toUpload } from '../../helpers/multipart.ts';

const OWNED = 1_000_000;
const ALL = 1_500_000;
const FILES = 20;
const CREATE = `mutation ($size: Float!) {
  createUpload(input: { name: "a", size: $size }) { upload { url } userErrors { code message field } }
}`;

let gather: TestApp;
let members: TestApp;
let url: string;

beforeAll(async () => {
  const filesQuota = { maxBytes: ALL, maxBytesPerOwner: OWNED, maxFilesPerOwner: FILES };
  gather = await startTestApp({ filesQuota, viewer: STAFF });
  const { databaseUrl } = gather.database;
  members = await startTestApp({ filesQuota, viewer: SIGNED_IN, databaseUrl, store: { directory: gather.filesDir } });
  ({ url } = await gather.app.start());
});
afterAll(async () => {
  await members.close();
  await gather.close();
});
afterEach(async () => {
  expect(await counted()).toEqual(await summed());
  await gather.database.ask('delete from gather.upload');
  await gather.database.ask('delete from gather.file');
  expect(await counted()).toEqual([]);
});

test('announced uploads of one owner are bounded, and those of others are not touched', async () => {
  expect(await announce(gather, OWNED)).toMatchObject({ upload: { url: expect.any(String) }, userErrors: [] });
  expect(await announce(gather, 1)).toEqual({
    upload: null,
    userErrors: [
      {
        code: 'QUOTA_EXCEEDED',
        message:
          'Expected files and announced uploads of at most 1000000 bytes of one owner (FILES_MAX_BYTES_PER_OWNER), ' +
          'got 1000001 with this one. Delete files or cancel uploads.',
        field: ['size'],
      },
    ],
  });
  expect(await announce(members, ALL - OWNED)).toMatchObject({ userErrors: [] });
  expect((await announce(members, 1)).userErrors[0].message).toContain('1500000 bytes in total (FILES_MAX_BYTES)');
});

test('of many that are announced at once on two servers as many are taken as there is room for', async () => {
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) => announce(index % 2 ? gather : members, 300_000)),
  );
  expect(answers.filter(({ upload }) => upload)).toHaveLength(ALL / 300_000);
  expect(answers.flatMap(({ userErrors }) => userErrors)).toHaveLength(16 - ALL / 300_000);
});

test('files that come at once in multipart requests are bounded, and the bytes of others are removed', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => upload(300_000)));
  const errors = answers.flatMap(({ data }) => data.uploadFile.userErrors);
  expect(errors).toHaveLength(3);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['QUOTA_EXCEEDED']));
  const files = await gather.database.ask('select from gather.file');
  expect(files).toHaveLength(3);
  const names = await readdir(gather.filesDir, { recursive: true, withFileTypes: true });
  expect(names.filter((entry) => entry.isFile())).toHaveLength(3);
});

test('the number of an owner’s files and announced uploads is bounded, empty ones too', async () => {
  const refusal = {
    code: 'QUOTA_EXCEEDED',
    message:
      'Expected files and announced uploads of at most 20 in number of one owner (FILES_MAX_PER_OWNER), got 21 with this ' +
      'one. Delete files or cancel uploads.',
  };
  const announced = await Promise.all(Array.from({ length: FILES + 3 }, () => announce(gather, 0)));
  expect(announced.filter(({ upload }) => upload)).toHaveLength(FILES);
  expect(announced.flatMap(({ userErrors }) => userErrors)).toEqual(Array(3).fill({ ...refusal, field: ['size'] }));
  expect(await announce(members, 0)).toMatchObject({ userErrors: [] });

  // Those of a session are another owner's.
  const ids: string[] = [];
  while (ids.length < FILES) ids.push((await upload(0)).data.uploadFile.file.id);
  const { data } = await upload(0);
  expect(data.uploadFile.userErrors).toEqual([{ ...refusal, field: ['file'] }]);
  const [id] = ids;
  await gather.query('mutation ($id: ID!) { deleteFile(id: $id) { userErrors { message } } }', { id });
  expect((await upload(0)).data.uploadFile.userErrors).toEqual([]);
});

test('room comes back when a file is deleted', async () => {
  const { data } = await upload(OWNED);
  expect((await upload(1)).data.uploadFile.userErrors).toMatchObject([{ code: 'QUOTA_EXCEEDED', field: ['file'] }]);
  const { id } = data.uploadFile.file;
  await gather.query('mutation ($id: ID!) { deleteFile(id: $id) { userErrors { message } } }', { id });
  expect((await upload(1)).data.uploadFile.userErrors).toEqual([]);
});

async function announce(app: TestApp, size: number) {
  const { data } = await app.query(CREATE, { size });
  return data.createUpload;
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
async function upload(size: number): Promise<any> {
  const body = Uint8Array.from(encode(toUpload(Buffer.alloc(size))));
  return (await fetch(`${url}/graphql`, { method: 'POST', headers: FORM_HEADERS, body })).json();
}

function counted() {
  return gather.database.ask(`select owner, bytes, files from storage where files <> 0 or bytes <> 0 order by owner`);
}

function summed() {
  return gather.database.ask(`
    with kept as (select owner, size from gather.file union all select owner, size from gather.upload)
    select owner, sum(size)::bigint as bytes, count(*) as files from (
      select '' as owner, size from kept union all select owner, size from kept where owner is not null
    ) as each group by owner order by owner`);
}
