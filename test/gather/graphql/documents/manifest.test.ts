import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { manifestOf } from '../../../../src/gather/commands/server-config.ts';
import { toDocumentId } from '../../../../src/gather/graphql/documents/document-id.ts';
import { readManifest } from '../../../../src/gather/graphql/documents/manifest.ts';
import { fixture } from '../../../helpers/fixture.ts';
import { schema } from '../../../helpers/schema.ts';
import { temporaryDirectory } from '../../../helpers/temporary-directory.ts';

const DOCUMENTS = new URL('../../library/documents/', import.meta.url);

test('an ID is that of the specification', () => {
  const text = 'query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}';
  expect(toDocumentId(text)).toBe('sha256:7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e');
});

test('it has every document to the letter, and nothing that the schema has not', async () => {
  const manifest = readManifest(manifestOf(fixture.app) ?? '');
  const files = await readdir(DOCUMENTS);
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, DOCUMENTS), 'utf8')));
  expect(texts).not.toEqual([]);
  for (const text of texts) expect(manifest.get(toDocumentId(text))).toBe(text);
  for (const text of manifest.values()) expect(validate(schema, parse(text))).toEqual([]);
});

test.each([
  ['is missing', undefined],
  ['is not JSON', '{'],
  ['is no object of texts', '{"sha256:0":5}'],
  ['has a text under the ID of another', JSON.stringify({ [toDocumentId('{ a }')]: '{ b }' })],
])('a file that %s is refused', async (_, text) => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'manifest.json');
  if (text !== undefined) await writeFile(file, text);
  expect(() => readManifest(file)).toThrow(`Expected a JSON file of trusted documents by their IDs at ${file}.`);
});
