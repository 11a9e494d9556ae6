import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, TEST_LIMITS, type TestApp } from '../../../helpers/app.ts';

/** Loose, because the machine may be busy: unbounded, each of the bombs takes seconds or for ever. */
/** What would take a bomb's time takes minutes. */
const FAST_MS = 10_000;

const REASONS = ['LIMIT_EXCEEDED', 'MAX_COST_EXCEEDED', 'GRAPHQL_VALIDATION_FAILED'];

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false, limits: TEST_LIMITS });
});
afterAll(() => gather.close());

describe('the text of an operation', () => {
  test('has at most so many bytes of UTF-8, whichever way it comes', async () => {
    const most = `{ about { name } } # ${'ж'.repeat(32_757)}`;
    expect(Buffer.byteLength(most)).toBe(65_536 - 1);
    expect((await gather.query(`${most}x`)).data.about.name).toBeTruthy();
    const response = await gather.request(`${most}xx`);
    expect(response.status).toBe(413);
    const { errors } = await response.json();
    expect(errors[0].message).toBe(
      'Expected a query of at most 65536 bytes (MAX_QUERY_BYTES), got 65537. Use variables.',
    );
    const url = `http://gather/graphql?query=${encodeURIComponent(`${most}xx`)}`;
    expect((await gather.app.fetch(url, { headers: { 'x-gather-preflight': '1' } })).status).toBe(413);
  });

  test('has at most so many tokens', async () => {
    expect((await gather.query(`{ about { ${'name '.repeat(50)} } }`)).data.about.name).toBeTruthy();
    const { status, errors } = await refusal(`{ about { ${'name '.repeat(2000)} } }`);
    expect(status).toBe(400);
    expect(errors).toEqual([
      {
        message: 'Expected at most 2000 tokens (MAX_TOKENS), got more.',
        extensions: { code: 'LIMIT_EXCEEDED', retryable: false },
      },
    ]);
  });

  test('is still read as GraphQL says, with the place of a mistake', async () => {
    const { errors } = await refusal('{ about { name ');
    expect(errors[0]).toMatchObject({
      message: 'Syntax Error: Expected Name, found <EOF>.',
      locations: [{ line: 1, column: 16 }],
    });
  });

  test('is refused where its braces are deeper than the stack of the parser, if so many tokens are allowed', async () => {
    const generous = await startTestApp({ limits: { ...TEST_LIMITS, maxTokens: 100_000 } });
    const response = await generous.request(`${'{a'.repeat(15_000)}${'}'.repeat(15_000)}`);
    expect(response.status).toBe(400);
    expect((await response.json()).errors[0].extensions.code).toBe('LIMIT_EXCEEDED');
    await generous.close();
  });
});

describe('a document', () => {
  test('may be as deep as 16 fields', async () => {
    expect(await codes(nested(16))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(await messages(nested(17))).toEqual([excess('16 levels of fields (MAX_DEPTH), got 17')]);
    const fragments = `{ ...A } fragment A on Query { a { ...B } } fragment B on Query ${nested(16)}`;
    expect(await messages(fragments)).toEqual([excess('16 levels of fields (MAX_DEPTH), got 17')]);
  });

  test('may have 50 aliases, `__typename` among them, with fragments expanded', async () => {
    const aliases = (count: number) => repeat(count, (index) => `a${index}: __typename`);
    expect((await gather.query(`{ ${aliases(50)} }`)).data.a49).toBe('Query');
    const got51 = excess('50 fields that have an alias or are repeated in the same place (MAX_ALIASES), got 51');
    expect(await messages(`{ ${aliases(51)} }`)).toEqual([got51]);
    const spread = `{ ...A ... { ...A } about { ...B } } fragment A on Query { ${aliases(25)} } fragment B on About { a: name }`;
    expect(await messages(spread)).toEqual([got51]);
  });

  test('may write a field again in the same place as often as it may have aliases', async () => {
    expect((await gather.query(`{ about { ${'name '.repeat(51)} } }`)).data.about.name).toBeTruthy();
    const got51 = excess('50 fields that have an alias or are repeated in the same place (MAX_ALIASES), got 51');
    expect(await messages(`{ about { ${'name '.repeat(52)} } }`)).toEqual([got51]);
    expect(await messages(`{ ${'... { about { name } } '.repeat(52)} }`)).toEqual([got51]);
    const types = repeat(60, (index) => `... on Type${index} { name }`);
    expect(await codes(`{ about { ${types} } }`)).toContain('GRAPHQL_VALIDATION_FAILED');
  });

  test('may have 50 directives, wherever they stand', async () => {
    const most = `query @a { about @a { ...A @a ... @a { name @a } } } fragment A on About @a { name @a }`;
    expect(await messages(`${most} query B ($a: Int @a) { __typename }`)).not.toContainEqual(
      expect.stringContaining('MAX_DIRECTIVES'),
    );
    const got51 = excess('50 directives (MAX_DIRECTIVES), got 51');
    expect(await messages(most.replace('@a {', `${'@a '.repeat(45)} {`))).toEqual([got51]);
    expect(await messages(`query ($a: Int ${'@a '.repeat(51)}) { __typename }`)).toEqual([got51]);
    const twice = `{ about { ...A } ... { about { ...A } } } fragment A on About { ${repeat(26, (i) => `a${i} @a`)} }`;
    expect(await messages(twice)).toEqual([excess('50 directives (MAX_DIRECTIVES), got 52')]);
  });

  test('is told all that it has too much of, at once', async () => {
    const { status, errors } = await refusal(`{ ${repeat(51, (i) => `a${i}: b @c`)} ${nested(17).slice(2, -1)} }`);
    expect(status).toBe(400);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill('LIMIT_EXCEEDED'));
    expect(errors.map(({ message }) => /\(\w+\)/.exec(message)?.[0])).toEqual([
      '(MAX_DEPTH)',
      '(MAX_ALIASES)',
      '(MAX_DIRECTIVES)',
    ]);
  });

  test('has each of its definitions counted by itself, used or not', async () => {
    const many = repeat(3, (index) => `query Q${index} { ${repeat(40, (i) => `a${i}: __typename`)} }`);
    expect(await messages(many)).not.toContainEqual(expect.stringContaining('MAX_ALIASES'));
    const unused = `{ __typename } fragment A on Query { ${repeat(51, (i) => `a${i}: __typename`)} }`;
    expect(await messages(unused)).toEqual([expect.stringContaining('(MAX_ALIASES), got 51')]);
  });

  test('that asks for the whole schema, as clients do, is within the limits', async () => {
    const { data, errors } = await gather.query(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }));
    expect(errors).toBeUndefined();
    expect(data.__schema.types.length).toBeGreaterThan(50);
  });

  test('is known the second time, and refused the second time', async () => {
    for (const _ of [1, 2]) {
      expect((await gather.query('{ about { name } } # twice')).data.about.name).toBeTruthy();
      expect(await codes('{ nothing } # twice')).toEqual(['GRAPHQL_VALIDATION_FAILED']);
      expect(await codes(`${nested(17)} # twice`)).toEqual(['LIMIT_EXCEEDED']);
    }
  });
});

describe('a bomb is refused fast, and nothing is asked of the sources:', () => {
  const chain = (count: number, body: (next: string) => string) =>
    `{ ...F0 } ${repeat(count, (i) => `fragment F${i} on Query { ${body(`...F${i + 1}`)} }`)} fragment F${count} on Query { about { name } }`;
  const bombs: Record<string, string> = {
    'fragments that double forty times': chain(40, (next) => `${next} ... { ${next} }`),
    'aliased fragments that triple': chain(12, (next) => `a: front { pick { title } } ${next} ${next} ${next}`),
    'fragments that never end': '{ ...A ...B } fragment A on Query { ...B } fragment B on Query { ...A ...B }',
    'the same object over and over': `{ ${'about { name } '.repeat(490)} }`,
    'the same object in inline fragments': `{ ${'... { about { name } } '.repeat(280)} }`,
    'an introspection that goes round': `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`,
    'aliased introspection': `{ ${repeat(40, (i) => `a${i}: __schema { types { fields { args { type { fields { name args { name } } } } } } }`)} }`,
    'the fields of each type of a field, by many names': `{ __schema { types { fields { type { ${repeat(45, (i) => `a${i}: fields { name }`)} } } } } }`,
    'the input fields of each type of an argument, by many names': `{ __schema { types { fields { args { type { ofType { ${repeat(45, (i) => `a${i}: inputFields { name }`)} } } } } } } }`,
    'the types behind an interface, by many names': `{ __schema { types { possibleTypes { ${repeat(45, (i) => `a${i}: fields { name }`)} } } } }`,
    'all types, forty times': `{ __schema { ${repeat(40, (i) => `a${i}: types { fields { name args { name } } }`)} } }`,
    'a list within a list': `{ nodes(ids: ${'['.repeat(950)}${']'.repeat(950)}) { id } }`,
    'hundreds of operations': repeat(300, (i) => `query A${i} { about { name } }`).slice(0, 60_000),
    'hundreds of variables': `query (${repeat(400, (i) => `$v${i}: Int`)}) { about { name } }`,
    'hundreds of arguments': `{ opinions(${repeat(490, (i) => `a${i}: 1`)}) { elapsed } }`,
  };

  test.each(Object.entries(bombs))('%s', async (_, query) => {
    gather.cost();
    const start = performance.now();
    const { data, errors } = await gather.query(query);
    expect(performance.now() - start).toBeLessThan(FAST_MS);
    expect(data).toBeUndefined();
    const reasons = new Set((errors ?? []).map(({ extensions }) => extensions?.['code']));
    expect(reasons.size).toBeGreaterThan(0);
    expect(REASONS).toEqual(expect.arrayContaining([...reasons]));
    expect(gather.cost()).toEqual({ statements: [], requests: [] });
  });

  test('hundreds of fragments in one place', async () => {
    const fragments = repeat(190, (i) => `fragment F${i} on About { name }`);
    const start = performance.now();
    const { data } = await gather.query(`{ about { ${repeat(190, (i) => `...F${i}`)} } } ${fragments}`);
    expect(performance.now() - start).toBeLessThan(FAST_MS);
    expect(data.about.name).toBeTruthy();
  });
});

function nested(depth: number): string {
  return `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`;
}

function repeat(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join(' ');
}

function excess(what: string): string {
  return `Expected at most ${what} with fragments expanded.`;
}

interface Refusal {
  errors: { message: string; locations?: unknown; extensions: { code: string } }[];
}

async function refusal(query: string): Promise<Refusal & { status: number }> {
  const response = await gather.request(query);
  return { status: response.status, ...((await response.json()) as Refusal) };
}

async function messages(query: string): Promise<string[]> {
  return (await refusal(query)).errors.map(({ message }) => message);
}

async function codes(query: string): Promise<string[]> {
  return [...new Set((await refusal(query)).errors.map(({ extensions }) => extensions.code))];
}
