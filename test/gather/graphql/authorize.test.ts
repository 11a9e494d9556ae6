import { buildSchema, type GraphQLObjectType, parse } from 'graphql';
import { beforeEach, expect, test } from 'vitest';
import type { Definitions } from '../../../src/gather/database/tables.ts';
import { authorize } from '../../../src/gather/graphql/authorize.ts';
import { execute } from '../../../src/gather/graphql/execution/execute.ts';
import { Roles, type Viewer } from '../../../src/gather/viewer.ts';

const SDL = `
  directive @auth(requires: Role!) on FIELD_DEFINITION | OBJECT
  directive @owned(by: String! = "owner") on OBJECT | ARGUMENT_DEFINITION
  enum Role { NOBODY MEMBER STAFF }
  type Note @owned { text: String! }
  type Page { note: Note secret: Note @auth(requires: MEMBER) }
  type Query { pages: [Page!]! }
  type Mutation { tear: Note }
`;

const roles = new Roles(['NOBODY', 'MEMBER', 'STAFF']);
const mine = { owner: 'user:1', text: 'mine' };
const theirs = { owner: 'user:2', text: 'theirs' };
const pages = [{ note: mine }, { note: theirs }, { note: new Error('The row cannot be read.') }, { note: null }];

const member: Viewer = { role: 'MEMBER', user: { owner: 'user:1', email: null, name: 'Ann' }, sessionId: null };
const staff: Viewer = { role: 'STAFF', user: { owner: 'user:3', email: null, name: 'Bo' }, sessionId: null };

let schema = buildSchema(SDL);
/** How often a field was resolved for all parents at once. */
let resolved = 0;

beforeEach(() => {
  schema = buildSchema(SDL);
  resolved = 0;
  const resolveAll = async (parents: readonly { note: unknown }[]) => {
    resolved++;
    return parents.map(({ note }) => note);
  };
  for (const [type, field] of [
    ['Page', 'note'],
    ['Page', 'secret'],
    ['Mutation', 'tear'],
  ] as const) {
    const found = (schema.getType(type) as GraphQLObjectType).getFields()[field];
    Object.assign(found ?? {}, { extensions: { resolveAll } });
  }
  authorize({ schema, roles, tables: { types: {}, definitions: {} as Definitions } });
});

async function ask(text: string, viewer: Viewer) {
  const { data, errors = [] } = await execute({
    schema,
    document: parse(text),
    rootValue: { pages },
    contextValue: { viewer, roles },
  });
  return { data: JSON.parse(JSON.stringify(data)), errors };
}

test('of a field that is resolved for all parents at once, each object is hidden from those who do not own it', async () => {
  const seenBy = async (viewer: Viewer) => {
    const { data, errors } = await ask('{ pages { note { text } } }', viewer);
    expect(errors.map(({ message, path }) => ({ message, path }))).toEqual([
      { message: 'The row cannot be read.', path: ['pages', 2, 'note'] },
    ]);
    return data.pages.map(({ note }: { note: { text: string } | null }) => note?.text ?? null);
  };
  expect(await seenBy(roles.nobody)).toEqual([null, null, null, null]);
  expect(await seenBy(member)).toEqual(['mine', null, null, null]);
  expect(await seenBy(staff)).toEqual(['mine', 'theirs', null, null]);
  expect(resolved).toBe(3);
});

test('where the viewer could not be identified, each object that may be theirs says so', async () => {
  const { data, errors } = await ask('{ pages { note { text } } }', {
    ...roles.nobody,
    failure: new Error('The issuer is down.'),
  });
  expect(data.pages.map(({ note }: { note: unknown }) => note)).toEqual([null, null, null, null]);
  expect(errors.map(({ message, path }) => [path?.[1], message])).toEqual([
    [0, 'The issuer is down.'],
    [1, 'The issuer is down.'],
    [2, 'The row cannot be read.'],
  ]);
});

test('a field with @auth, and a mutation without, are not resolved for those who may not', async () => {
  const { data, errors } = await ask('{ pages { secret { text } } }', roles.nobody);
  expect(data.pages).toEqual(Array(4).fill({ secret: null }));
  expect(errors).toHaveLength(4);
  for (const viewer of [roles.nobody, member, staff]) {
    const refused = await ask('mutation { tear { text } }', viewer);
    expect(refused.data).toEqual({ tear: null });
    expect(refused.errors[0]?.message).toMatch(/^Nobody may do this/);
  }
  expect(resolved).toBe(0);
});
