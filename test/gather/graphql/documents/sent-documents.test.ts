import { expect, test } from 'vitest';
import { toDocumentId } from '../../../../src/gather/graphql/documents/document-id.ts';
import { SentDocuments } from '../../../../src/gather/graphql/documents/sent-documents.ts';

const COUNT = 100_000;

test('documents take bounded memory, however many are sent, and those that are used stay', () => {
  const sent = new SentDocuments();
  const textOf = (index: number) => `query Q${index} { menu { count } }`;
  const idOf = (index: number) => toDocumentId(textOf(index));
  for (let index = 0; index < COUNT; index++) {
    sent.keep(idOf(index), textOf(index));
    sent.find(idOf(0));
  }
  const kept = Array.from({ length: COUNT }, (_, index) => sent.find(idOf(index)) ?? '').filter((text) => text !== '');
  const bytes = kept.reduce((sum, text) => sum + 400 + 2 * text.length, 0);
  expect(bytes).toBeLessThanOrEqual(4_000_000);
  expect(bytes).toBeGreaterThan(3_000_000);
  expect(sent.find(idOf(0))).toBe(textOf(0));
  expect(sent.find(idOf(1))).toBeUndefined();
  expect(sent.find(idOf(COUNT - 1))).toBe(textOf(COUNT - 1));
});

test('a document of more than all of the memory pushes out no other', () => {
  const sent = new SentDocuments();
  sent.keep('small', '{ about { name } }');
  sent.keep('large', ' '.repeat(3_000_000));
  expect(sent.find('large')).toBeUndefined();
  expect(sent.find('small')).toBe('{ about { name } }');
});
