import {
  AbortedGraphQLExecutionError,
  buildSchema,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLField,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  GraphQLSchema,
  parse,
  responsePathAsArray,
} from 'graphql';
import { expect, test } from 'vitest';
import { execute } from '../../../../src/gather/graphql/execution/execute.ts';
import type { ResolveAll } from '../../../../src/gather/graphql/execution/selection.ts';
import { Shelf, toArgs, toBook } from './library.ts';
import { turns } from './rejections.ts';

const SDL = /* GraphQL */ `
  type Query { thing: Thing things: [Thing] strict: [Thing!] grid: [[Int!]!] echo(text: String = "none", list: [Int!], one: One): String either: [Either] }
  type Mutation { add(n: Int!): Thing must(n: Int!): Int! }
  type Thing { id: ID name: String! next: Thing must: Thing! many: [Thing!]! odd: Odd kind: Kind }
  type Other { id: ID }
  union Either = Thing | Other
  enum Kind { A B }
  input One @oneOf { a: Int b: Int }
  scalar Odd
`;

function toSchema(): GraphQLSchema {
  return buildSchema(SDL);
}

function fieldOf(schema: GraphQLSchema, type: string, name: string): GraphQLField<unknown, unknown> {
  const found = schema.getType(type) as unknown as { getFields(): Record<string, GraphQLField<unknown, unknown>> };
  return found.getFields()[name] as GraphQLField<unknown, unknown>;
}

async function run(text: string, rootValue: unknown, more: Partial<ExecutionArgs> = {}): Promise<ExecutionResult> {
  const result = await execute({ schema: toSchema(), document: parse(text), rootValue, ...more });
  return JSON.parse(JSON.stringify(result));
}

function messagesOf({ errors = [] }: ExecutionResult): string[] {
  return errors.map(({ path, message }) => `${path?.join('.')}: ${message}`);
}

test('each loader is called once for all objects of a level', async () => {
  const shelf = new Shelf();
  const books = [toBook('1', '7'), toBook('2', '8'), toBook('3', '7')];
  const result = await execute(toArgs('{ books { author { books { id stock author { name } } } } }', { books }, shelf));
  expect(shelf.batches).toEqual(['authors 7,8', 'books of 7,8', 'stock of 71,72,81,82,71,72']);
  expect(result.data?.['books']).toHaveLength(3);
});

test('a value that JSON cannot hold is the error of its field', async () => {
  const result = await run('{ thing { name odd } }', { thing: { name: 'a', odd: 1n } });
  expect(result.data).toEqual({ thing: { name: 'a', odd: null } });
  expect(messagesOf(result)).toEqual(['thing.odd: Expected a value that JSON can hold, got the BigInt 1n.']);
});

test('what settles in one turn goes on together, however many promises it takes', async () => {
  const shelf = new Shelf();
  const quick = Promise.resolve(toBook('1', '7'));
  const slower = (async () => {
    for (let tick = 0; tick < 20; tick++) await null;
    return toBook('2', '8');
  })();
  await execute(toArgs('{ books { stock } }', { books: [slower, quick] }, shelf));
  expect(shelf.batches).toEqual(['stock of 1,2']);
});

test('what is late goes on by itself, and holds nothing else', async () => {
  const shelf = new Shelf();
  const late = turns(3).then(() => toBook('1', '7'));
  await execute(toArgs('{ books { stock } }', { books: [late, toBook('2', '8')] }, shelf));
  expect(shelf.batches).toEqual(['stock of 2', 'stock of 1']);
});

test('a result without promises is given at once', () => {
  expect(execute({ schema: toSchema(), document: parse('{ thing { id } }'), rootValue: { thing: { id: 1 } } })).toEqual(
    {
      data: { thing: { id: '1' } },
    },
  );
});

test('keys are in the order of the document, whatever comes first', async () => {
  const thing = { id: Promise.resolve('1'), name: 'x', next: () => turns(1).then(() => ({ id: '2' })) };
  const result = await execute({
    schema: toSchema(),
    document: parse(
      '{ thing { next { id } id __proto__: name ...More } } fragment More on Thing { __typename id name }',
    ),
    rootValue: { thing },
  });
  expect(JSON.stringify(result.data)).toBe(
    '{"thing":{"next":{"id":"2"},"id":"1","__proto__":"x","__typename":"Thing","name":"x"}}',
  );
});

test('an error leaves null in the nearest place that may be null', async () => {
  const things = [
    { name: 'a' },
    { name: () => Promise.reject(new Error('no')) },
    {},
    new Error('bad'),
    Promise.resolve(7),
  ];
  const text = '{ things { name } strict { name } grid thing { must { name } } }';
  const result = await run(text, {
    things,
    strict: things.slice(0, 2),
    grid: [
      [1, 2],
      [3, null],
    ],
    thing: { must: null },
  });
  expect(result.data).toEqual({
    things: [{ name: 'a' }, null, null, null, null],
    strict: null,
    grid: null,
    thing: null,
  });
  expect(messagesOf(result).sort()).toEqual([
    'grid.1.1: Cannot return null for non-nullable field Query.grid.',
    'strict.1.name: no',
    'thing.must: Cannot return null for non-nullable field Thing.must.',
    'things.1.name: no',
    'things.2.name: Cannot return null for non-nullable field Thing.name.',
    'things.3: bad',
    'things.4.name: Cannot return null for non-nullable field Thing.name.',
  ]);
});

test('nothing is resolved or waited for below what became null', async () => {
  let calls = 0;
  const never = new Promise(() => {});
  const count = () => {
    calls++;
    return { id: 1 };
  };
  const strict = [
    { name: null, next: count, many: [{ next: never }] },
    { name: 'b', next: never },
  ];
  const result = await run('{ strict { next { id } name many { next { id } } } }', { strict });
  expect(result.data).toEqual({ strict: null });
  expect(calls).toBe(1);
  const result2 = await run('{ strict { name next { id } } }', { strict: [{ name: null, next: count }] });
  expect(result2.data).toEqual({ strict: null });
  expect(calls).toBe(1);
});

test('mutations run one after the other, and no more after one that left no data', async () => {
  const calls: string[] = [];
  const add = async ({ n }: { n: number }) => {
    calls.push(`begin ${n}`);
    await turns(1);
    calls.push(`end ${n}`);
    return { id: n, next: () => turns(1).then(() => ({ id: calls.push(`next ${n}`) })) };
  };
  const must = ({ n }: { n: number }) => calls.push(`must ${n}`) && null;
  const text = 'mutation { a: add(n: 1) { id next { id } } b: add(n: 2) { id } c: must(n: 3) d: must(n: 4) }';
  const result = await run(text, { add, must });
  expect(calls).toEqual(['begin 1', 'end 1', 'next 1', 'begin 2', 'end 2', 'must 3']);
  expect(result.data).toBeNull();
  expect(messagesOf(result)).toEqual(['c: Cannot return null for non-nullable field Mutation.must.']);
});

test('arguments are coerced once for all parents, and those without variables once for all executions', async () => {
  const schema = toSchema();
  let coerced = 0;
  const odd = schema.getType('Odd') as GraphQLScalarType;
  odd.coerceInputLiteral = () => ++coerced;
  const seen: unknown[] = [];
  fieldOf(schema, 'Thing', 'odd').args = fieldOf(toSchema(), 'Query', 'echo').args;
  fieldOf(schema, 'Thing', 'odd').resolve = (_, args) => void seen.push(args);
  const document = parse('query ($t: String) { things { odd(text: "x") } thing { odd(text: $t) } }');
  const rootValue = { things: [{}, {}], thing: {} };
  await execute({ schema, document, rootValue, variableValues: { t: 'y' } });
  await execute({ schema, document, rootValue, variableValues: { t: 'z' } });
  expect(seen).toEqual([{ text: 'x' }, { text: 'x' }, { text: 'y' }, { text: 'x' }, { text: 'x' }, { text: 'z' }]);
  expect(seen[0]).toBe(seen[1]);
  expect(seen[0]).toBe(seen[3]);
});

test('arguments have defaults, and invalid ones are errors of their field', async () => {
  const echo = (args: object) => JSON.stringify(args);
  const text =
    'query ($one: One) { a: echo b: echo(text: null, list: 3) c: echo(one: $one) d: echo(one: { a: 1, b: 2 }) }';
  const result = await run(text, { echo }, { variableValues: { one: { b: 2 } } });
  expect(result.data).toEqual({
    a: '{"text":"none"}',
    b: '{"text":null,"list":[3]}',
    c: '{"text":"none","one":{"b":2}}',
    d: null,
  });
  expect(messagesOf(result)).toHaveLength(1);
  expect(await run(text, { echo }, { variableValues: { one: { a: 1, b: 2 } } })).toMatchObject({
    errors: [{ message: expect.stringContaining('Variable "$one" has invalid value') }],
  });
});

test('@skip and @include hold for each set of variables', async () => {
  const document = parse(`query ($a: Boolean!, $b: Boolean = true) {
    thing { id @include(if: $a) ...Names @skip(if: $b) name @include(if: $a) }
  } fragment Names on Thing { name next { id } }`);
  const rootValue = { thing: { id: 1, name: 'x', next: { id: 2 } } };
  const results = [];
  for (const variableValues of [{ a: true }, { a: false }, { a: true, b: false }, { a: false, b: false }, { a: true }])
    results.push((await execute({ schema: toSchema(), document, rootValue, variableValues })).data?.['thing']);
  expect(results).toEqual([
    { id: '1', name: 'x' },
    {},
    { id: '1', name: 'x', next: { id: '2' } },
    { name: 'x', next: { id: '2' } },
    { id: '1', name: 'x' },
  ]);
});

test('values of abstract types are resolved by type', async () => {
  const either = [
    { __typename: 'Thing', id: 1, name: 'a' },
    Promise.resolve({ __typename: 'Other', id: 2 }),
    { __typename: 'Nothing' },
    { __typename: 'Query' },
    { id: 5 },
    { __typename: 'Thing', id: 6, name: 'b' },
  ];
  const result = await run('{ either { __typename ... on Thing { name } ... on Other { id } } }', { either });
  expect(result.data).toEqual({
    either: [
      { __typename: 'Thing', name: 'a' },
      { __typename: 'Other', id: '2' },
      null,
      null,
      null,
      { __typename: 'Thing', name: 'b' },
    ],
  });
  expect(messagesOf(result).sort()).toEqual([
    'either.2: Abstract type "Either" was resolved to a type "Nothing" that does not exist inside the schema.',
    'either.3: Runtime Object type "Query" is not a possible type for "Either".',
    expect.stringContaining('either.4: Abstract type "Either" must resolve to an Object type at runtime'),
  ]);
});

test('leaves are coerced', async () => {
  const things = [{ id: 7, kind: 'A', odd: 1 }, { kind: 'C' }, { odd: { toJSON: () => 'x' } }];
  const schema = toSchema();
  (schema.getType('Odd') as GraphQLScalarType).coerceOutputValue = (value) => (value === 1 ? 'odd' : undefined);
  const result = await run('{ things { id kind odd } }', { things }, { schema });
  expect(result.data).toEqual({
    things: [
      { id: '7', kind: 'A', odd: 'odd' },
      { id: null, kind: null, odd: null },
      { id: null, kind: null, odd: null },
    ],
  });
  expect(messagesOf(result)).toEqual([
    'things.1.kind: Enum "Kind" cannot represent value: "C"',
    'things.2.odd: Expected `Odd.coerceOutputValue(x)` to return non-nullable value, returned: undefined',
  ]);
});

test('a resolver learns of its field what graphql-js tells it', async () => {
  const schema = toSchema();
  const infos: GraphQLResolveInfo[] = [];
  fieldOf(schema, 'Thing', 'id').resolve = (_source, _args, _context, info) => void infos.push(info);
  const document = parse('query Q($n: Int) { things { next { key: id } } }');
  const rootValue = { things: [null, { next: {} }] };
  await execute({ schema, document, rootValue, variableValues: { n: 1 } });
  const [info] = infos as [GraphQLResolveInfo];
  expect(responsePathAsArray(info.path)).toEqual(['things', 1, 'next', 'key']);
  expect(info.path).toMatchObject({ key: 'key', typename: 'Thing', prev: { key: 'next', typename: 'Thing' } });
  expect(info.fieldName).toBe('id');
  expect(info.parentType).toBe(schema.getType('Thing'));
  expect(info.schema).toBe(schema);
  expect(info.rootValue).toBe(rootValue);
  expect(String(info.returnType)).toBe('ID');
  expect(info.fieldNodes.map(({ alias }) => alias?.value)).toEqual(['key']);
  expect(info.operation.name?.value).toBe('Q');
  expect(info.fragments).toEqual({});
  expect(info.variableValues.coerced).toEqual({ n: 1 });
  expect(info.getAbortSignal()?.aborted).toBe(true);
  expect(await info.getAsyncHelpers().promiseAll([1, Promise.resolve(2)])).toEqual([1, 2]);
});

/** Executes `{ things { id name } }` with ids by `resolveAll`. */
async function resolveTogether(resolveAll: ResolveAll, things: unknown[]): Promise<ExecutionResult> {
  const schema = toSchema();
  fieldOf(schema, 'Thing', 'id').extensions = { resolveAll };
  return run('{ things { name id } }', { things }, { schema });
}

test('a field with `resolveAll` is resolved for all parents in one call', async () => {
  const calls: unknown[] = [];
  const resolveAll: ResolveAll = (parents, args, _context, info) => {
    calls.push([parents.length, args, info.fieldName]);
    return [1, new Error('two'), Promise.resolve(3), Promise.reject(new Error('four')), null];
  };
  const things = [...'abcde'].map((name) => ({ name }));
  const result = await resolveTogether(resolveAll, [...things, { name: null }]);
  expect(calls).toEqual([[5, {}, 'id']]);
  expect(result.data?.['things']).toEqual([
    { name: 'a', id: '1' },
    { name: 'b', id: null },
    { name: 'c', id: '3' },
    { name: 'd', id: null },
    { name: 'e', id: null },
    null,
  ]);
  expect(messagesOf(result)).toEqual([
    'things.5.name: Cannot return null for non-nullable field Thing.name.',
    'things.1.id: two',
    'things.3.id: four',
  ]);
});

test('`resolveAll` that fails, fails for each parent', async () => {
  const things = [{ name: 'a' }, { name: 'b' }];
  const none = [
    { name: 'a', id: null },
    { name: 'b', id: null },
  ];
  const ways: [ResolveAll, string][] = [
    [() => Promise.reject(new Error('no')), 'no'],
    [
      () => {
        throw new Error('thrown');
      },
      'thrown',
    ],
    [() => [Promise.reject(new Error('unseen'))], 'Expected 2 values for Thing.id.'],
    [async () => [1, 2, 3], 'Expected 2 values for Thing.id.'],
  ];
  for (const [resolveAll, message] of ways) {
    const result = await resolveTogether(resolveAll, things);
    expect(result.data?.['things']).toEqual(none);
    expect(messagesOf(result)).toEqual([`things.0.id: ${message}`, `things.1.id: ${message}`]);
  }
});

test('lists may be iterables and async iterables, which are closed when nobody wants more', async () => {
  const closed: string[] = [];
  async function* forever(name: string) {
    try {
      for (let n = 0; ; n++) yield { name: n < 3 ? `${n}` : null };
    } finally {
      closed.push(name);
    }
  }
  const things = async function* () {
    yield { name: 'a' };
    await turns(1);
    yield { name: 'b' };
  };
  const result = await run('{ things { name } strict { name } }', { things: things(), strict: forever('strict') });
  expect(result.data).toEqual({ things: [{ name: 'a' }, { name: 'b' }], strict: null });
  expect(closed).toEqual(['strict']);
  const set = await run('{ things { name } }', { things: new Set([{ name: 'a' }]) });
  expect(set.data).toEqual({ things: [{ name: 'a' }] });
  expect(messagesOf(await run('{ things { name } }', { things: 'text' }))).toEqual([
    'things: Expected Iterable, but did not find one for field "Query.things".',
  ]);
});

test('a list that is changed while it is completed has as many elements as before', async () => {
  const longer: unknown[][] = [[1], [Promise.resolve(2)]];
  const shorter = ['a', 'b'];
  const Changing = new GraphQLScalarType({
    name: 'Changing',
    coerceOutputValue: (value) => {
      if (value === 1) longer[0]?.push(Promise.resolve(3), Promise.resolve(4));
      if (value === 'a') shorter.length = 1;
      return value;
    },
  });
  const list = new GraphQLList(new GraphQLNonNull(Changing));
  const fields = {
    longer: { type: new GraphQLList(list), resolve: () => longer },
    shorter: { type: list, resolve: () => shorter },
  };
  const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) });
  expect(await execute({ schema, document: parse('{ longer shorter }') })).toMatchObject({
    data: { longer: [[1], [2]], shorter: null },
    errors: [{ path: ['shorter', 1], message: expect.stringContaining('Cannot return null') }],
  });
});

test('the items of an async iterable that come in one turn are resolved together', async () => {
  const shelf = new Shelf();
  async function* books() {
    for (const batch of ['12', '345']) {
      await turns(1);
      for (const id of batch) yield toBook(id, '1');
    }
  }
  await execute(toArgs('{ books { stock } }', { books: books() }, shelf));
  expect(shelf.batches).toEqual(['stock of 1,2', 'stock of 3,4,5']);
});

test('an abort rejects with the reason and what there was, and closes iterators', async () => {
  let isClosed = false;
  const iterator = {
    next: () => new Promise(() => {}),
    return: async () => {
      isClosed = true;
    },
  };
  const controller = new AbortController();
  const rootValue = {
    thing: { id: 1, next: () => new Promise(() => {}) },
    things: { [Symbol.asyncIterator]: () => iterator },
  };
  const document = parse('{ thing { id next { id } } things { id } }');
  const result = execute({ schema: toSchema(), document, rootValue, abortSignal: controller.signal });
  await turns(1);
  controller.abort(new Error('enough'));
  const error = await Promise.resolve(result).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(AbortedGraphQLExecutionError);
  const { message, abortedResult } = error as AbortedGraphQLExecutionError<ExecutionResult>;
  expect(message).toBe('enough');
  const partial = await abortedResult;
  expect(partial.data).toEqual({ thing: { id: '1', next: null }, things: null });
  expect(messagesOf(partial).sort()).toEqual(['thing.next: enough', 'things: enough']);
  expect(isClosed).toBe(true);
  expect(() => execute({ schema: toSchema(), document, rootValue, abortSignal: controller.signal })).toThrow('enough');
});

test('an abort by a resolver stops at once', () => {
  const controller = new AbortController();
  let calls = 0;
  const thing = {
    id: () => controller.abort(new Error('enough')),
    name: () => ++calls,
  };
  const document = parse('{ things { id name } }');
  const rootValue = { things: [thing, { id: () => ++calls }] };
  const run = () => execute({ schema: toSchema(), document, rootValue, abortSignal: controller.signal });
  expect(run).toThrow(AbortedGraphQLExecutionError);
  expect(calls).toBe(0);
});

test('a request that cannot be executed gets no data', async () => {
  expect(messagesOf(await run('query A { thing { id } } query B { thing { id } }', {}))).toEqual([
    'undefined: Must provide operation name if query contains multiple operations.',
  ]);
  expect(await run('subscription { x }', {})).toEqual({
    errors: [
      { message: 'Schema is not configured to execute subscription operation.', locations: [{ line: 1, column: 1 }] },
    ],
    data: null,
  });
});

test('@defer and @stream are ignored', async () => {
  const text = '{ ... @defer { thing { id } } things @stream { id ... @defer { id } } }';
  expect(await run(text, { thing: { id: 1 }, things: [{ id: 2 }] })).toEqual({
    data: { thing: { id: '1' }, things: [{ id: '2' }] },
  });
});
