import { parse, type ValidatedExecutionArgs, validateExecutionArgs } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineResolvers } from '../../../src/gather/engine-resolvers.ts';
import { toGlobalId } from '../../../src/gather/global-id.ts';
import { createPlanOf } from '../../../src/gather/graphql/operations/operation-plan.ts';
import { createAppSchema } from '../../../src/gather/graphql/schema.ts';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { smokehouse } from '../../../src/smokehouse/index.ts';
import { ANONYMOUS, SIGNED_IN as CUSTOMER, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { TEST_TABLES } from '../../helpers/database.ts';

const DIRECTIVES = `
  directive @auth(requires: Role!) on FIELD_DEFINITION | OBJECT
  directive @owned(by: String! = "owner") on OBJECT | ARGUMENT_DEFINITION
  enum Role { ANONYMOUS CUSTOMER STAFF }`;
const sdl = `${DIRECTIVES}
  interface Node { id: ID! }
  type Query { node(id: ID!): Node }
  type Mutation { redeem(id: ID! @owned): RedeemPayload @auth(requires: CUSTOMER) }
  type RedeemPayload { id: ID userErrors: [UserError!]! }
  type UserError { code: String! field: [String!] }
  type Certificate implements Node @owned(by: "recipient") { id: ID! amount: String! }`;
const application = {
  sdl,
  types: { Certificate: 'certificate' },
  resolvers: { Mutation: { redeem: (_: unknown, { id }: { id: string }) => ({ id, userErrors: [] }) } },
} as const;
const source = { ...smokehouse, ...application, definitions: TEST_TABLES.definitions, engineResolvers };

let gather: TestApp;
let id: string;

/** Of another owner than CUSTOMER, and for CUSTOMER. */
beforeAll(async () => {
  gather = await startTestApp({ application });
  const [row] = await gather.database.ask<{ id: string }>(
    `with kept as (
       insert into gather.file (key, name, type, size, sha256, owner)
       values (gen_random_uuid(), 'a.pdf', 'application/pdf', 1, repeat('0', 64), 'user:other') returning id
     ) insert into certificate (recipient, amount, "fileId", owner)
     select 'user:guest', 5, id, 'user:other' from kept returning id`,
  );
  id = toGlobalId('Certificate', row?.id ?? '');
});
afterAll(() => gather.close());

const other: Viewer = { role: 'CUSTOMER', user: { owner: 'user:other', email: null, name: 'Other' }, sessionId: null };

test.each([
  ['the owner that the column names', CUSTOMER, true],
  ['whom the column `owner` names', other, false],
  ['nobody in particular', ANONYMOUS, false],
  ['STAFF', STAFF, true],
])('an object is there for its owner by the column of `by` and for STAFF only: %s', async (_, viewer, isSeen) => {
  const text = 'query ($id: ID!) { node(id: $id) { id ... on Certificate { amount } } }';
  expect(await ask(viewer, text)).toEqual({ data: { node: isSeen ? { id, amount: '5.00' } : null } });
});

test.each([
  ['the owner that the column names', CUSTOMER, true],
  ['whom the column `owner` names', other, false],
  ['STAFF', STAFF, true],
])(
  'an argument takes the ID for its owner by the column of `by` and for STAFF only: %s',
  async (_, viewer, isTaken) => {
    const text = 'mutation ($id: ID!) { redeem(id: $id) { id userErrors { code field } } }';
    expect(await ask(viewer, text)).toEqual({
      data: {
        redeem: isTaken ? { id, userErrors: [] } : { id: null, userErrors: [{ code: 'NOT_FOUND', field: ['id'] }] },
      },
    });
  },
);

test('the column is read wherever the table is', () => {
  const document = parse('{ node(id: "x") { ... on Certificate { amount } } }');
  const schema = createAppSchema(source);
  const args = validateExecutionArgs({ schema, document }) as ValidatedExecutionArgs;
  const plan = createPlanOf(schema, source)(args, false);
  expect(plan.columns.certificate.toSorted()).toEqual(['amount', 'id', 'recipient']);
});

test('an SDL whose @owned has no `by` is refused, and does not leave everything to everybody', () => {
  const without = sdl.replace('@owned(by: String! = "owner")', '@owned').replace('(by: "recipient")', '');
  expect(() => createAppSchema({ ...source, sdl: without })).toThrow(
    'Certificate is @owned, but by no column: declare',
  );
});

async function ask(viewer: Viewer, query: string) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { id } }),
  };
  const { data, errors } = await (await gather.app.fetch('http://gather/graphql', init, { viewer })).json();
  return { data, ...(errors && { errors }) };
}
