import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flood, post } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectDiscreet, expectRefused, withstand } from '../helpers/under-attack.ts';

const TIMES = 10;
const TOO_MANY_TOKENS = /^Expected at most 2000 tokens \(MAX_TOKENS\), got more\.$/;
const TOO_LONG = /^Expected a query of at most 65536 bytes \(MAX_QUERY_BYTES\), got \d+\. Use variables\.$/;
const SYNTAX = /^Syntax Error: /;
const excess = (limit: string) =>
  new RegExp(`^Expected at most \\d+ .*\\(${limit}\\), got \\d+ with fragments expanded`);

let target: Target;

beforeAll(async () => {
  target = await startTarget({ COST_BUCKET: '100000000' });
}, 60_000);
afterAll(() => target.close());

const refused: [string, string, RegExp, number?][] = [
  // Depth
  ['100 levels', nested(100), excess('MAX_DEPTH')],
  ['10,000 levels', nested(10_000), TOO_MANY_TOKENS],
  ['64 kB of open braces', '{'.repeat(65_536), SYNTAX],
  ['levels that never close', '{a'.repeat(32_000), TOO_MANY_TOKENS],
  ['a list of 900 levels', `{ nodes(ids: ${'['.repeat(900)}${']'.repeat(900)}) { id } }`, /^ID cannot represent /],
  ['a list of 30,000 levels', `{ nodes(ids: ${'['.repeat(30_000)}${']'.repeat(30_000)}) { id } }`, TOO_MANY_TOKENS],
  [
    'an object of 400 levels',
    `{ menu(where: ${'{not:'.repeat(400)}{}${'}'.repeat(400)}) { count } }`,
    /^Expected at most 20 levels of conditions/,
    200,
  ],
  // Aliases and directives
  ['600 aliases of __typename', `{ ${repeat(600, (i) => `a${i}: __typename`)} }`, excess('MAX_ALIASES')],
  ['60 aliases of a field', `{ ${repeat(60, (i) => `a${i}: about { name }`)} }`, excess('MAX_ALIASES')],
  ['10,000 aliases', `{ ${repeat(6000, (i) => `a${i}:__typename`)} }`.slice(0, 65_000), TOO_MANY_TOKENS],
  ['@skip 200 times on a field', `{ about { name ${'@skip(if: false) '.repeat(200)} } }`, excess('MAX_DIRECTIVES')],
  ['@skip 1,000 times on a field', `{ about { name ${'@skip(if: false) '.repeat(1000)} } }`, TOO_MANY_TOKENS],
  [
    '@include on 60 fragments',
    `{ ${repeat(60, (i) => `... @include(if: true) { a${i}: about { name } }`)} }`,
    /^Expected at most 50 .*\(MAX_(ALIASES|DIRECTIVES)\), got 60 with/,
  ],
  ['900 unknown directives', `{ about { name ${repeat(900, (i) => `@a${i}`)} } }`, excess('MAX_DIRECTIVES')],
  ['unknown directives', `{ about { name ${repeat(50, (i) => `@a${i}`)} } }`, /^Unknown directive "@a0"\.$/],
  // Fields that overlap
  ['one field 1,900 times', `{ about { ${'name '.repeat(1900)} } }`, excess('MAX_ALIASES')],
  [
    'fields of one name that differ',
    `{ ${repeat(190, (i) => `a: item(by: { sku: "${i}" }) { id }`)} }`,
    /^Expected at most /,
  ],
  ['the same object over and over', `{ ${'about { name } '.repeat(450)} }`, excess('MAX_ALIASES')],
  [
    'overlaps within overlaps',
    `{ ${'menu { first { supplier { items { nodes { name } } } } } '.repeat(120)} }`,
    excess('MAX_ALIASES'),
  ],
  // Fragments
  ['3^12 aliased fragments', bomb(12, 3), excess('MAX_TOKENS')],
  ['2^60 fragments', bomb(60, 2), excess('MAX_TOKENS')],
  ['a chain of 300 fragments', chain(300), /^Expected at most 2000 tokens|^Expected at most 50/],
  [
    'fragments in a circle',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    /^Cannot spread fragment "A" within itself/,
  ],
  ['180 fragments in a circle', ring(180), /^Cannot spread fragment "F0" within itself|^Expected at most/],
  [
    '250 unused fragments',
    `{ __typename } ${repeat(250, (i) => `fragment F${i} on Query { __typename }`)}`,
    /^Fragment "F0" is never used\.$/,
  ],
  ['1,900 spreads of nothing', `{ ${'...A '.repeat(900)} }`, /^Unknown fragment "A"\.$/],
  // Size
  [
    '10 MB',
    `{ about { name } } #${'x'.repeat(10_000_000)}`,
    /^Expected a body of at most 1000000 bytes \(MAX_BODY_BYTES\), got \d+\.$/,
    413,
  ],
  ['900 kB', `{ about { name } } #${'x'.repeat(900_000)}`, TOO_LONG, 413],
  [
    '200 operations',
    repeat(200, (i) => `query A${i} { about { name } }`),
    /^Expected a document with one operation, or an `operationName`, got neither\.$/,
  ],
  [
    '400 variables',
    `query (${repeat(390, (i) => `$v${i}: Int`)}) { about { name } }`,
    /^Variable "\$v0" is never used\.$/,
  ],
  ['a number of 60,000 digits', `{ quotes(count: ${'9'.repeat(60_000)}) { elapsed } }`, /^Int cannot represent /],
  ['1e999', '{ quotes(count: 1e999) { elapsed } }', /^Int cannot represent /],
  ['a field of 60,000 letters', `{ ${'a'.repeat(60_000)} }`, /^Cannot query field /],
  ['1,900 unknown fields', `{ ${repeat(1900, (i) => `a${i}`)} }`, /^Cannot query field "a0" on type "Query"\.$/],
  [
    '1,900 unknown arguments',
    `{ quotes(${repeat(490, (i) => `a${i}: 1`)}) { elapsed } }`,
    /^Unknown argument "a0" on field "Query\.quotes"\.$/,
  ],
  [
    'a value with 600 unknown fields',
    `{ menu(where: { ${repeat(600, (i) => `a${i}: 1`)} }) { count } }`,
    /not to include unknown field|is not defined by type/,
  ],
  [
    'such a value beside 50 kB',
    `{ menu(where: { ${repeat(300, (i) => `a${i}: 1`)}, b: "${'x'.repeat(50_000)}" }) { count } }`,
    /not to include unknown field|is not defined by type/,
  ],
  // Characters
  ['half a character', `{ item(by: { sku: "${'\\uD83D'.repeat(9000)}" }) { id } }`, SYNTAX],
  ['a code point beyond Unicode', `{ item(by: { sku: "${'\\u{110000}'.repeat(6000)}" }) { id } }`, SYNTAX],
  ['a string that does not end', `{ item(by: { sku: "${'x'.repeat(60_000)}`, SYNTAX],
  ['a block string that does not end', `{ item(by: { sku: """${'\\"""'.repeat(15_000)}`, SYNTAX],
  ['NUL characters', '\0'.repeat(60_000), SYNTAX],
];

describe('a document is refused, and harms nobody:', () => {
  test.each(refused)('%s', async (_, query, message, status = 400) => {
    const times = query.length > 1_000_000 ? 3 : TIMES;
    expectRefused(await withstand(target, () => flood(times, () => post(target.url, { query }))), status, message);
  });
});

describe('a document is answered, and harms nobody:', () => {
  const answered: [string, string][] = [
    [
      '10 levels',
      '{ menu { first { supplier { items(first: 1) { nodes { supplier { items(first: 1) { nodes { id } } } } } } } } }',
    ],
    ['50 aliases of __typename', `{ ${repeat(50, (i) => `a${i}: __typename`)} }`],
    ['32,000 comments', `{ about { name } }${'#\n'.repeat(32_000)}`],
    ['64 kB of commas', `{ about { name } }${','.repeat(65_000)}`],
    ['a string of 64 kB', `{ item(by: { sku: "${'x'.repeat(65_000)}" }) { id } }`],
    ['a block string of 16,000 lines', `{ item(by: { sku: """${'\n  x'.repeat(16_000)}""" }) { id } }`],
    ['8,000 escapes', `{ item(by: { sku: "${'\\u{1F525}'.repeat(6000)}" }) { id } }`],
    [
      '180 fragments in one place',
      `{ about { ${repeat(180, (i) => `...F${i}`)} } } ${repeat(180, (i) => `fragment F${i} on About { name }`)}`,
    ],
  ];

  test.each(answered)('%s', async (_, query) => {
    for (const reply of await withstand(target, () => flood(TIMES, () => post(target.url, { query })))) {
      expect(reply).toMatchObject({ status: 200, body: expect.stringMatching(/^\{"data":\{/) });
      expectDiscreet(reply);
    }
  });
});

test.each([
  [
    'the schema',
    '{ __schema { types { name } } }',
    /^Expected no introspection, got __schema: it is turned off \(INTROSPECTION\)\.$/,
  ],
  ['a type', '{ __type(name: "Item") { fields { name } } }', /^Expected no introspection, got __type/],
  ['a field that is nearly right', '{ abuot { name } }', /^Cannot query field "abuot" on type "Query"\.$/],
  [
    'an argument that is nearly right',
    '{ quotes(cuont: 1) { elapsed } }',
    /^Unknown argument "cuont" on field "Query\.quotes"\.$/,
  ],
  ['a type that is nearly right', '{ node(id: "x") { ... on Itme { id } } }', /^Unknown type "Itme"\.$/],
  [
    'a value that is nearly right',
    '{ quotes(mode: CONCURENT) { elapsed } }',
    /^Value "CONCURENT" does not exist in "FetchMode" enum\.$/,
  ],
])('nobody is told of the schema: %s', async (_, query, message) => {
  const replies = await flood(1, () => post(target.url, { query }));
  expectRefused(replies, 400, message);
  expect(replies[0]?.body).not.toMatch(/did you mean/i);
});

function nested(levels: number): string {
  return `${'{a'.repeat(levels)}${'}'.repeat(levels)}`;
}

function repeat(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join(' ');
}

/** Fragments, each of which has so many of the next. */
function bomb(count: number, times: number): string {
  const spreads = (next: number) => `...F${next} `.repeat(times);
  return `{ ...F0 } ${repeat(count, (i) => `fragment F${i} on Query { a${i}: __typename ${spreads(i + 1)} }`)} fragment F${count} on Query { __typename }`;
}

function chain(count: number): string {
  return `{ ...F0 } ${repeat(count, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F${count} on Query { __typename }`;
}

function ring(count: number): string {
  return `{ ...F0 } ${repeat(count, (i) => `fragment F${i} on Query { ...F${(i + 1) % count} }`)}`;
}
