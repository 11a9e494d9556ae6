import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { manifestOf } from '../../../src/gather/commands/server-config.ts';
import { toDocumentId } from '../../../src/gather/graphql/documents/document-id.ts';
import { readManifest } from '../../../src/gather/graphql/documents/manifest.ts';
import { tabs } from '../../../src/smokehouse/documents/tabs.ts';
import { fixture } from '../../helpers/fixture.ts';
import { schema } from '../../helpers/schema.ts';

test('the manifest has every example of GraphiQL to the letter, and nothing that the schema has not', () => {
  const manifest = readManifest(manifestOf(fixture.app) ?? '');
  for (const { query } of tabs) expect(manifest.get(toDocumentId(query))).toBe(query);
  for (const text of manifest.values()) expect(validate(schema, parse(text))).toEqual([]);
});
