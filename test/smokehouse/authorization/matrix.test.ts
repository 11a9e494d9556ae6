import { type GraphQLObjectType, getNamedType, isCompositeType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { ANONYMOUS, SIGNED_IN as CUSTOMER, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { schema } from '../../helpers/schema.ts';
import { argumentsOf, entriesTo, insertOwned, type OwnedIds } from './entries.ts';
import { MATRIX } from './matrix.ts';

/** In the order of the signs in the matrix. What belongs to somebody belongs to the second of them. */
const VIEWERS: readonly Viewer[] = [ANONYMOUS, CUSTOMER, toOther(CUSTOMER), STAFF];

const types = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
);
let gather: TestApp;
let own: OwnedIds;

beforeAll(async () => {
  gather = await startTestApp();
  own = await insertOwned(gather.database, 'user:guest');
  await gather.database.ask(
    `insert into "dailyStatistics" (date, orders, revenue) values ('2026-01-01', 1, 1);
     insert into "order" (owner, total) values ('user:other', 1);
     insert into job (task, owner, input, "deliveryId") values ('add', 'user:other', '{"x":1,"y":2}', gen_random_uuid())`,
  );
});
afterAll(() => gather.close());

test('every field of every type has its place in the matrix, and nothing else has', () => {
  const expected = types.map(({ name, getFields }) => [
    name,
    Object.keys(getFields.call(schema.getType(name))).toSorted(),
  ]);
  const listed = Object.entries(MATRIX).map(([name, rows]) => [
    name,
    Object.values(rows).join(' ').split(' ').toSorted(),
  ]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(expected));
});

test.each(types.map(({ name }) => name))('who sees what of %s', async (name) => {
  const found: [field: string, signs: string][] = [];
  for (const field of fieldsOf(name)) found.push([field, await signsOf(name, field)]);
  const table = Object.groupBy(found, ([, signs]) => signs);
  expect(Object.entries(table).map(([signs, fields]) => [signs, fields?.map(([field]) => field).join(' ')])).toEqual(
    Object.entries(MATRIX[name] ?? {}),
  );
});

function fieldsOf(name: string): string[] {
  return Object.keys((schema.getType(name) as GraphQLObjectType).getFields());
}

async function signsOf(typeName: string, field: string): Promise<string> {
  const signs: string[] = [];
  for (const viewer of VIEWERS) signs.push((await isReached(typeName, field, viewer)) ? '+' : '-');
  return signs.join('');
}

/** Whether the field is answered, under the name of `it`. */
async function isReached(typeName: string, fieldName: string, viewer: Viewer): Promise<boolean> {
  const type = schema.getType(typeName) as GraphQLObjectType;
  const field = type.getFields()[fieldName];
  const given = argumentsOf(own)[`${typeName}.${fieldName}`];
  const selection = isCompositeType(getNamedType(field?.type)) ? '{ __typename }' : '';
  const it = `it: ${fieldName}${given ? `(${given})` : ''} ${selection}`;
  const entry = entriesTo(own)[typeName];
  if (!entry) throw new Error(`There is no way to ${typeName}.`);
  const text = await ask(given?.includes('$file') ? 'mutation ($file: File!) { # }' : entry, it, viewer);
  const refused = /"code":"(UNAUTHENTICATED|FORBIDDEN)"/.test(text);
  const other =
    /"code":"(?!UNAUTHENTICATED|FORBIDDEN|INVALID_INPUT|NOT_FOUND|CONFLICT|WRONG_CREDENTIALS|TOO_MANY)\w+"/.exec(text);
  if (other || /"errors":\[(?!.*"code")/.test(text)) throw new Error(`${it}: ${text}`);
  return /"it":/.test(text) && !refused;
}

async function ask(entry: string, field: string, viewer: Viewer): Promise<string> {
  const query = entry.replace('#', field);
  const headers = { accept: query.startsWith('subscription') ? 'text/event-stream' : 'application/json' };
  const json = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  };
  const init = query.includes('$file')
    ? { method: 'POST', headers: { ...headers, 'x-gather-preflight': '1' }, body: toForm(query) }
    : json;
  const response = await gather.app.fetch('http://gather/graphql', init, { viewer });
  return response.text();
}

function toForm(query: string): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { file: null } }));
  form.set('map', '{"0":["variables.file"]}');
  form.set('0', new File(['x'], 'x.txt'));
  return form;
}

function toOther({ role, user, sessionId }: Viewer): Viewer {
  return { role, user: user && { ...user, owner: 'user:other' }, sessionId };
}
