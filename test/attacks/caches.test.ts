import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flood, post } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { withstand } from '../helpers/under-attack.ts';

/** What a sender may have in a query, nearly. */
const PADDING = 'x'.repeat(60_000);
const CONDITIONS = ['eq', 'ne', 'contains', 'startsWith', 'endsWith'];

let target: Target;

beforeAll(async () => {
  target = await startTarget({ COST_BUCKET: '100000000' });
}, 60_000);
afterAll(() => target.close());

/** What there are of each, and the status. Most would take more than 64 MB if all of them were kept. */
const floods: [string, number, number, (index: number) => object][] = [
  ['documents', 200, 1500, (i) => ({ query: `{ about { ${'name '.repeat(50)} } } # ${i}` })],
  [
    'documents of 1,000 tokens',
    200,
    800,
    (i) => ({ query: `{ about { ${'... { '.repeat(300)} name ${'} '.repeat(300)} } } # ${i}` }),
  ],
  ['documents of 60 kB', 200, 800, (i) => ({ query: `{ about { name } } # ${i} ${PADDING}` })],
  ['documents of 60 kB that are none', 400, 1500, (i) => ({ query: `{ ${i} ${PADDING}` })],
  ['documents of 60 kB that are not valid', 400, 500, (i) => ({ query: `{ a${i} } # ${PADDING}` })],
  [
    'documents with a hundred faults',
    400,
    300,
    (i) => ({ query: `{ ${Array.from({ length: 400 }, (_, k) => `a${i}_${k}`).join(' ')} }` }),
  ],
  ['documents to be known by their hash', 200, 2000, (i) => persisted(`{ about { name } } # ${i} ${PADDING}`)],
  ['hashes of nothing', 404, 1000, (i) => ({ extensions: persisted(String(i)).extensions })],
  ['names of operations', 200, 1000, (i) => ({ query: `query Q${i} { about { name } }`, operationName: `Q${i}` })],
  ['values of directives in documents with many fragments', 200, 960, withDirectives],
  [
    'statements',
    200,
    1200,
    (i) => ({
      query: '{ menu(where: $w) { count } }'.replace('{', 'query ($w: ItemWhere) {'),
      variables: { w: toWhere(i) },
    }),
  ],
];

test.each(floods)('%s that differ take no more memory', async (_, status, count, toParams) => {
  const from = (index: number) => ({ 'x-forwarded-for': `10.0.${index % 256}.${(index >> 8) % 256}` });
  const replies = await withstand(target, () =>
    flood(count, (index) => post(target.url, toParams(index), from(index))),
  );
  expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([status]));
});

/** One of sixteen sets of values, for one of sixty documents which is up to 287 fields with its fragments expanded. */
function withDirectives(index: number): object {
  const places = ['a', 'b', 'c', 'd'];
  const query = `query (${places.map((name) => `$${name}: Boolean!`)}) { item(by: { sku: "none ${index % 60}" }) { ...I } }
    fragment I on Item { ${places.map((name) => `${name}: supplier @include(if: $${name}) { ...S }`).join(' ')} w: supplier { ...S } }
    fragment S on Supplier { ${places.map((name) => `${name}: items(first: 1) { nodes { ...J } }`).join(' ')} }
    fragment J on Item { id sku name description status price calories version createdAt updatedAt currentPrice stock }`;
  const values = Math.floor(index / 60);
  return { query, variables: Object.fromEntries(places.map((name, bit) => [name, ((values >> bit) & 1) === 1])) };
}

function persisted(query: string) {
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  return { query, extensions: { persistedQuery: { version: 1, sha256Hash } } };
}

/** A condition of a shape of its own. */
function toWhere(index: number) {
  const digits = [...index.toString(CONDITIONS.length)];
  return { and: digits.map((digit) => ({ name: { [CONDITIONS[Number(digit)] ?? '']: 'ribs' } })) };
}
