import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FileRow } from '../../../src/gather/database/engine-tables.generated.ts';
import { createTables, type Tables } from '../../../src/gather/database/tables.ts';
import { toGlobalId } from '../../../src/gather/global-id.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;
let tables: Tables;
let photo: FileRow;
let thumbnail: FileRow;

beforeAll(async () => {
  gather = await startTestApp();
  tables = createTables(gather.database.database);
  thumbnail = await createFile({ name: 'thumbnail.webp', size: 1000 });
  photo = await createFile({ name: 'Brisket.jpg', size: 5_000_000_000, thumbnailId: thumbnail.id });
  await tables.item.update({ id: { in: ['1', '3', '4'] } }, { photoId: photo.id });
});

afterAll(() => gather.close());

test("an item's photo is its file, with its thumbnail", async () => {
  const { data, errors } = await gather.query(
    `query ($id: ID!) {
      item(by: { id: $id }) { photo { id name type size sha256 url width height createdAt thumbnail { name url thumbnail { id } } } }
    }`,
    { id: toGlobalId('Item', '1') },
  );
  expect(errors).toBeUndefined();
  expect(data?.item.photo).toEqual({
    id: toGlobalId('StoredFile', photo.id),
    name: 'Brisket.jpg',
    type: 'image/jpeg',
    size: 5_000_000_000,
    sha256: photo.sha256,
    url: `http://gather/files/${photo.key}`,
    width: 640,
    height: 480,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    thumbnail: { name: 'thumbnail.webp', url: `http://gather/files/${thumbnail.key}`, thumbnail: null },
  });
});

test('an item without a photo has null', async () => {
  const { data } = await gather.query('query ($id: ID!) { item(by: { id: $id }) { photo { id } } }', {
    id: toGlobalId('Item', '2'),
  });
  expect(data).toEqual({ item: { photo: null } });
});

test('photos of many items are one statement, and their thumbnails another', async () => {
  gather.cost();
  const { errors } = await gather.query(
    '{ menu { items(first: 20) { edges { node { photo { url thumbnail { url } } } } } } }',
  );
  expect(errors).toBeUndefined();
  const statements = gather.cost().statements.filter((text) => text.includes('"file"'));
  expect(statements).toHaveLength(2);
  expect(statements[0]).toContain('"key"');
  expect(statements[0]).not.toContain('"name"');
});

test('a file is a node', async () => {
  const { data } = await gather.query('query ($id: ID!) { node(id: $id) { __typename ... on StoredFile { name } } }', {
    id: toGlobalId('StoredFile', photo.id),
  });
  expect(data).toEqual({ node: { __typename: 'StoredFile', name: 'Brisket.jpg' } });
});

function createFile(file: { name: string; size: number; thumbnailId?: string }): Promise<FileRow> {
  const sha256 = 'a'.repeat(64);
  return tables['gather.file'].create({
    ...file,
    key: randomUUID(),
    type: 'image/jpeg',
    sha256,
    width: 640,
    height: 480,
  });
}
