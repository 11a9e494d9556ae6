import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createDocumentCache } from '../../../../src/gather/graphql/documents/document-cache.ts';

test('documents are kept by the memory that they take, the last ones first', () => {
  const cache = createDocumentCache(1_000_000);
  const page = `{ a { ${'b '.repeat(100)} } }`;
  for (let index = 0; index < 100; index++) cache.set(`${page}#${index}`, parse(page));
  expect(cache.size).toBeGreaterThan(10);
  expect(cache.size).toBeLessThan(30);
  expect(cache.has(`${page}#99`)).toBe(true);
  expect(cache.has(`${page}#0`)).toBe(false);
});

test.each([
  ['tokens', `{ ${'a '.repeat(3000)} }`],
  ['comments', `{ a ${'#\n'.repeat(3000)} }`],
  ['characters', `{ a #${'x'.repeat(600_000)}\n}`],
])('a document of too many %s is not kept, and drives out no others', (_, text) => {
  const cache = createDocumentCache(1_000_000);
  cache.set('{ a }', parse('{ a }'));
  cache.set(text, parse(text));
  expect([...cache.keys()]).toEqual(['{ a }']);
});

test('an error is kept with the text that it is about', () => {
  const cache = createDocumentCache<Error>(100_000);
  for (let index = 0; index < 100; index++) cache.set(`{ a ${index}`, new Error('Expected Name'));
  expect(cache.size).toBeLessThan(30);
  expect(cache.get('{ a 99')?.message).toBe('Expected Name');
});
