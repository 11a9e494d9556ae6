import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flood, post } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectDiscreet, expectRefused, withstand } from '../helpers/under-attack.ts';

const TIMES = 6;
const MENU = 'query ($w: ItemWhere) { menu(where: $w) { count } }';
const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const QUOTES = 'query ($count: Int!) { quotes(count: $count) { elapsed } }';
const ITEM = 'query ($sku: String) { item(by: { sku: $sku }) { id } }';
const QUERY = '{ about { name } }';
const TOO_COSTLY = /^Expected an operation of at most 5000 points \(MAX_COST\), got \d+\.$/;
const TOO_DEEP = /^Expected JSON of at most 64 levels, got more\.$/;
const TOO_MANY_OBJECTS = /^Expected JSON of at most 12000 objects and lists, got more\.$/;
const TOO_MANY_VALUES = /^Expected JSON of at most 81000 values, got more\.$/;
const NOT_A_DOUBLE = /^Expected numbers that a double holds, got .{1,60} at variables\.count\./;
const TOO_MANY_NAMES = /^Expected JSON of at most 1000 names in an object, got more\.$/;
const UNKNOWN = /^Variable "\$w" has an invalid value: .*unknown field "a0"/;
const NO_UTF_8 = /^Expected JSON in UTF-8, got bytes that are not UTF-8\.$/;
const NO_JSON = /^Expected JSON, got something else: /;

let target: Target;

beforeAll(async () => {
  target = await startTarget({ COST_BUCKET: '100000000' });
}, 60_000);
afterAll(() => target.close());

/** What is sent, what is said of it, and the status: 200 where GraphQL says it of a field. */
const refused: [string, object | string, RegExp, number?][] = [
  // Size
  ['lists of 400,000 levels', `{"query":"${QUERY}","variables":{"a":${nested(400_000, '[', ']')}}}`, TOO_DEEP],
  ['objects of 100,000 levels', `{"query":"${QUERY}","variables":${nested(100_000, '{"a":', '}', '1')}}`, TOO_DEEP],
  ['lists that never close', `{"query":"${QUERY}","variables":{"a":${'['.repeat(900_000)}`, TOO_DEEP],
  [
    'a condition of 60 levels',
    `{"query":"${MENU}","variables":{"w":${nested(60, '{"not":', '}', '{}')}}}`,
    /^Expected at most 20 levels of conditions\.$/,
    200,
  ],
  ['any of 10,000 conditions', where({ or: list(10_000, (i) => ({ name: { eq: `${i}` } })) }), TOO_MANY_OBJECTS],
  ['any of 300,000 empty conditions', where({ or: list(300_000, () => ({})) }), TOO_MANY_OBJECTS],
  ['any of 5,000 conditions', where({ or: list(5000, (i) => ({ name: { eq: `${i}` } })) }), TOO_COSTLY],
  [
    'any of 300 conditions',
    where({ or: list(300, (i) => ({ name: { eq: `${i}` } })) }),
    /^Expected at most 200 conditions\.$/,
    200,
  ],
  ['50,000 values', where({ name: { in: list(50_000, (i) => `ribs ${i}`) } }), TOO_COSTLY],
  [
    '2,000 values',
    where({ name: { in: list(2000, (i) => `ribs ${i}`) } }),
    /^Expected at most 1000 values in a list\.$/,
    200,
  ],
  [
    'a pattern of 900 kB',
    where({ name: { contains: '%_'.repeat(450_000) } }),
    /^Expected at most 1000 characters in a pattern\.$/,
    200,
  ],
  ['85,000 IDs', { query: NODES, variables: { ids: list(85_000, () => 'SXRlbTox') } }, TOO_MANY_VALUES],
  ['50,000 IDs', { query: NODES, variables: { ids: list(50_000, () => 'SXRlbTox') } }, TOO_COSTLY],
  ['80,000 names in an object', where(names(80_000)), TOO_MANY_NAMES],
  ['1,000 names that no type has', where(names(1000)), UNKNOWN],
  ['300 such names, each with 150', where(names(300, names(150))), UNKNOWN],
  ['300 such names, each with 300', where(names(300, names(300))), TOO_MANY_VALUES],
  ['such names beside 800 kB', where({ ...names(100), text: 'x'.repeat(800_000) }), UNKNOWN],
  [
    'a name of 900 kB',
    where({ ['cannot represent '.repeat(50_000)]: 1 }),
    /^Variable "\$w" has an invalid value: .*unknown field/,
  ],
  [
    '5,000 conditions, each of them wrong',
    where({ or: list(5000, () => ({ name: 1 })) }),
    /^Variable "\$w" has an invalid value at /,
  ],
  // Types
  ['a query that is a number', { query: 1 }, /^Expected a string as `query`, got another type/],
  ['a query that is a list', { query: [QUERY] }, /^Expected a string as `query`, got another type/],
  ['no query', {}, /^Expected the text of an operation as `query`/],
  ['a query in the prototype', `{"__proto__":{"query":"${QUERY}"}}`, /./],
  [
    'variables that are a list',
    { query: QUERY, variables: [] },
    /^Expected an object as `variables`, got another type\.$/,
  ],
  [
    'variables that are a text',
    { query: QUERY, variables: '{}' },
    /^Expected an object as `variables`, got another type\.$/,
  ],
  [
    'extensions that are a list',
    { query: QUERY, extensions: [[]] },
    /^Expected an object as `extensions`, got another type\.$/,
  ],
  [
    'a name that is an object',
    { query: QUERY, operationName: {} },
    /^Expected a string as `operationName`, got another type\.$/,
  ],
  ['another parameter', { query: QUERY, constructor: 1 }, /^Expected only the parameters .*, got "constructor" too/],
  [
    'a prototype as a condition',
    `{"query":"${MENU}","variables":{"w":{"__proto__":{"or":[]}}}}`,
    /unknown field "__proto__"/,
  ],
  [
    'a constructor as a condition',
    where({ constructor: { prototype: { isStaff: true } } }),
    /unknown field "constructor"/,
  ],
  ['text for a condition', where('x'), /^Variable "\$w" has an invalid value: /],
  ['a list for a condition', where([[{}]]), /^Variable "\$w" has an invalid value/],
  // Numbers
  ['1e999', `{"query":"${QUOTES}","variables":{"count":1e999}}`, NOT_A_DOUBLE],
  ['a number of 900,000 digits', `{"query":"${QUOTES}","variables":{"count":${'9'.repeat(900_000)}}}`, NOT_A_DOUBLE],
  [
    'a fraction of 900,000 digits',
    `{"query":"${QUOTES}","variables":{"count":1.${'1'.repeat(900_000)}}}`,
    NOT_A_DOUBLE,
  ],
  [
    'a number below zero',
    { query: QUOTES, variables: { count: -2147483648 } },
    /^Expected `count` from 1 to 100, got -2147483648\.$/,
    200,
  ],
  ['a number as text', { query: QUOTES, variables: { count: '1' } }, /Int cannot represent /],
  // Bytes
  ['an overlong NUL', bytes([0xc0, 0x80]), NO_UTF_8],
  ['half a character', bytes([0xed, 0xa0, 0x80]), NO_UTF_8],
  ['a character cut short', bytes([0xf0, 0x9f, 0x94]), NO_UTF_8],
  ['a byte that UTF-8 has not', bytes([0xff]), NO_UTF_8],
  ['a code point beyond Unicode', bytes([0xf4, 0x90, 0x80, 0x80]), NO_UTF_8],
  ['UTF-16', Buffer.from(`\ufeff${JSON.stringify({ query: QUERY })}`, 'utf16le'), NO_UTF_8],
  ['NUL characters', '\0'.repeat(100_000), NO_JSON],
  ['nothing', '', NO_JSON],
];

describe('variables are refused, and harm nobody:', () => {
  test.each(refused)('%s', async (_, params, message, status = 400) => {
    expectRefused(await withstand(target, () => flood(TIMES, () => post(target.url, params))), status, message);
  });
});

describe('variables are taken for what they are, and harm nobody:', () => {
  const taken: [string, object | string][] = [
    ['a mark of the order of bytes', `\ufeff${JSON.stringify({ query: QUERY })}`],
    ['a key twice: the last one counts', `{"query":"{ nothing }","query":"${QUERY}"}`],
    ['a prototype for variables', `{"query":"${QUERY}","variables":{"__proto__":{"polluted":true}}}`],
    ['900 kB that nobody asked for', { query: QUERY, variables: { text: 'x'.repeat(900_000) } }],
    ['200 patterns of 1,000 characters', where({ or: list(200, () => ({ name: { contains: 'a%'.repeat(500) } })) })],
    ['1,000 values', where({ name: { in: list(1000, (i) => `ribs ${i}`) } })],
    ['1,000 IDs', { query: NODES, variables: { ids: list(1000, (i) => btoa(`Item:${i}`)) } }],
    ['an SKU of 900 kB', { query: ITEM, variables: { sku: 'x'.repeat(900_000) } }],
  ];

  test.each(taken)('%s', async (_, params) => {
    for (const reply of await withstand(target, () => flood(TIMES, () => post(target.url, params)))) {
      expect(reply).toMatchObject({ status: 200, body: expect.stringMatching(/^\{"data":\{/) });
      expectDiscreet(reply);
    }
  });
});

test.each(['\0', 'a\0b', '\ud800', '\udfff\ud800', "' or true --", '%', '\\', '\u202e'])(
  'a text that PostgreSQL cannot hold or could misread finds nothing: %j',
  async (sku) => {
    for (const params of [
      { query: ITEM, variables: { sku } },
      where({ name: { eq: sku } }),
      where({ name: { endsWith: sku } }),
    ]) {
      const reply = await post(target.url, params);
      expectDiscreet(reply);
      expect(reply.body).toMatch(/"item":null|"count":0|INVALID_INPUT/);
    }
  },
);

function where(w: unknown): object {
  return { query: MENU, variables: { w } };
}

function list<T>(length: number, toItem: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => toItem(index));
}

function names(count: number, value: unknown = 1): Record<string, unknown> {
  return Object.fromEntries(list(count, (index) => [`a${index}`, value]));
}

function nested(levels: number, open: string, close: string, core = ''): string {
  return open.repeat(levels) + core + close.repeat(levels);
}

/** A request with these in the middle of a text. */
function bytes(middle: number[]): Buffer {
  const [start = '', end = ''] = JSON.stringify({ query: ITEM, variables: { sku: '|' } }).split('|');
  return Buffer.concat([Buffer.from(start), Buffer.from(middle), Buffer.from(end)]);
}
