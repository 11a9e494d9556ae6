import { execute, type GraphQLArgument, type GraphQLInputField, getNamedType, isInputObjectType, parse } from 'graphql';
import { expect, test } from 'vitest';
import { leastRole } from '../../../src/gather/graphql/least-role.ts';
import { createAppSchema } from '../../../src/gather/graphql/schema.ts';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { smokehouse } from '../../../src/smokehouse/index.ts';
import { ANONYMOUS, SIGNED_IN as CUSTOMER, STAFF } from '../../helpers/app.ts';
import { TEST_TABLES } from '../../helpers/database.ts';
import { schema as shop } from '../../helpers/schema.ts';

const sdl = `
  directive @auth(requires: Role!) on FIELD_DEFINITION | OBJECT
  directive @owned(by: String! = "owner") on OBJECT | ARGUMENT_DEFINITION
  enum Role { ANONYMOUS CUSTOMER STAFF }
  type Query { plain: Int staff: Int @auth(requires: STAFF) rib: Rib ribs: [Rib!]! knife: Knife sauce: Sauce }
  type Mutation { forgotten: Int open: Int @auth(requires: ANONYMOUS) }
  type Rib @owned { owner: String weight: Int }
  type Knife @auth(requires: STAFF) { length: Int }
  type Sauce @auth(requires: STAFF) @owned { owner: String heat: Int }
`;
const source = { types: {}, definitions: TEST_TABLES.definitions, roles: smokehouse.roles, engineResolvers: {} };
const schema = createAppSchema({
  ...source,
  sdl,
  resolvers: {
    Query: {
      plain: () => 1,
      staff: () => 1,
      rib: async () => ({ weight: 1 }),
      ribs: () => [Promise.resolve({ owner: 'user:guest', weight: 1 }), { owner: 'user:other', weight: 2 }],
      knife: () => ({ length: 1 }),
      sauce: () => ({ owner: 'user:guest', heat: 3 }),
    },
    Mutation: { forgotten: () => 1, open: () => 1 },
  },
});

test('a mutation without a rule is refused to everybody', async () => {
  for (const viewer of [ANONYMOUS, CUSTOMER, STAFF]) {
    const { data, errors } = await run(viewer, 'mutation { open forgotten }');
    expect(data).toEqual({ open: 1, forgotten: null });
    expect(errors?.map(({ message }) => message)).toEqual(['Nobody may do this: the field has no @auth.']);
  }
});

test('a query without a rule is for everybody, and one with a rule for those whom it names', async () => {
  expect((await run(ANONYMOUS, '{ plain staff }')).data).toEqual({ plain: 1, staff: null });
  expect((await run(CUSTOMER, '{ plain staff }')).errors?.map(({ message }) => message)).toEqual([
    'Expected a viewer who is STAFF, got one who is CUSTOMER.',
  ]);
  expect((await run(STAFF, '{ plain staff }')).data).toEqual({ plain: 1, staff: 1 });
});

test('a row whose owner was not read is nobody’s', async () => {
  expect((await run(CUSTOMER, '{ rib { weight } }')).data).toEqual({ rib: null });
  expect((await run(STAFF, '{ rib { weight } }')).data).toEqual({ rib: { weight: 1 } });
});

test('a list with something of somebody else in it is no answer', async () => {
  expect((await run(CUSTOMER, '{ ribs { weight } }')).data).toBeNull();
  expect((await run(STAFF, '{ ribs { weight } }')).data).toEqual({ ribs: [{ weight: 1 }, { weight: 2 }] });
});

test('an object of a type with a rule is there for those whom it names', async () => {
  expect((await run(CUSTOMER, '{ knife { length } }')).data).toEqual({ knife: null });
  expect((await run(STAFF, '{ knife { length } }')).data).toEqual({ knife: { length: 1 } });
});

test('of a type with both rules both must hold', async () => {
  expect((await run(CUSTOMER, '{ sauce { heat } }')).data).toEqual({ sauce: null });
  expect((await run(STAFF, '{ sauce { heat } }')).data).toEqual({ sauce: { heat: 3 } });
});

test('every ID that a customer may give is of something of theirs, or of something that is for all', () => {
  const roots = [shop.getQueryType(), shop.getMutationType(), shop.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {}).map((field) => ({ type, field })));
  const free = fields.flatMap(({ type, field }) => {
    if (field.astNode && leastRole(shop, field) === 'STAFF') return [];
    return field.args.flatMap((argument) => idsIn(`${type?.name}.${field.name}(${argument.name}:)`, argument));
  });
  expect(free).toEqual([
    // Of `node`, `nodes` and `job`, objects that are somebody else's are null.
    'Query.node(id:)',
    'Query.nodes(ids:)',
    // Items, suppliers and customers are for all; an item's photo and another's review are checked where they are set.
    'Query.item(by:).id',
    'Query.menu(where:).supplierId.eq',
    'Query.menu(where:).supplierId.ne',
    'Query.menu(where:).supplierId.in',
    'Query.menu(where:).supplierId.notIn',
    ...['some', 'none'].flatMap((quantifier) =>
      ['eq', 'ne', 'in', 'notIn'].map((it) => `Query.menu(where:).reviews.${quantifier}.customerId.${it}`),
    ),
    'Query.job(id:)',
    'Mutation.addReview(input:).itemId',
    'Mutation.addReview(input:).customerId',
    'Mutation.placeOrder(input:).lines.itemId',
    'Mutation.uploadFile(input:).itemId',
    'Mutation.createUpload(input:).itemId',
  ]);
});

/** The places in an argument where an ID is given that no rule looks at. */
function idsIn(place: string, { type, astNode }: GraphQLArgument | GraphQLInputField, seen: string[] = []): string[] {
  const named = getNamedType(type);
  if (named.name === 'ID') return astNode?.directives?.some(({ name }) => name.value === 'owned') ? [] : [place];
  if (!isInputObjectType(named) || seen.includes(named.name)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    idsIn(`${place}.${field.name}`, field, [...seen, named.name]),
  );
}

async function run(viewer: Viewer, text: string) {
  const { data, errors } = await execute({ schema, document: parse(text), contextValue: { viewer } });
  return { data: JSON.parse(JSON.stringify(data ?? null)), errors };
}
