import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => void gather.cost());
afterAll(() => gather.close());

const BY_VARIABLE = 'query ($where: ItemWhere) { menu(where: $where) { exists } }';
/** With its scalars, a tenth of a point each. */
const MENU = 2;

test.each([
  ['none', '{ menu { exists } }', {}, MENU],
  ['one, for one field', '{ menu(where: { name: { eq: "x" } }) { exists } }', {}, MENU + 10],
  [
    'two, for each of two fields',
    '{ menu(where: { name: { eq: "x", ne: "y" } }) { exists first { id } } }',
    {},
    MENU + 1 + 40,
  ],
  ['a part of a name, which no index finds', '{ menu(where: { name: { contains: "x" } }) { exists } }', {}, MENU + 20],
  [
    'parts of names in a variable, beside what an index finds',
    BY_VARIABLE,
    { where: { or: [{ name: { startsWith: 'x', endsWith: 'y' } }, { not: { name: { eq: 'z' } } }] } },
    MENU + 50,
  ],
  [
    'a variable in the place of a part of a name',
    'query ($text: String) { menu(where: { and: [{ name: { contains: $text } }] }) { exists } }',
    { text: 'x' },
    MENU + 20,
  ],
  ['one in a variable', BY_VARIABLE, { where: { name: { eq: 'x' } } }, MENU + 10],
  [
    'two in the groups of a variable',
    BY_VARIABLE,
    { where: { or: [{ name: { eq: 'x' } }, { not: { name: { eq: 'y' } } }] } },
    MENU + 20,
  ],
  ['a list of fifty, which is one', BY_VARIABLE, { where: { name: { in: Array(50).fill('x') } } }, MENU + 10],
  ['a list of 51, which is two', BY_VARIABLE, { where: { name: { in: Array(51).fill('x') } } }, MENU + 20],
  ['a list in the text', '{ menu(where: { name: { in: ["a", "b"] } }) { exists } }', {}, MENU + 10],
  [
    'groups',
    '{ menu(where: { or: [{ name: { eq: "x" } }, { not: { name: { eq: "y" } } }] }) { exists } }',
    {},
    MENU + 20,
  ],
  ['a variable that is not given', BY_VARIABLE, {}, MENU],
  ['the default of a variable', BY_VARIABLE.replace('ItemWhere', 'ItemWhere = { name: { eq: "x" } }'), {}, MENU + 10],
])('conditions cost what they are worth: %s', async (_, query, variables, points) => {
  const { extensions } = await gather.query(query, variables);
  expect(extensions).toHaveProperty('cost.requestedQueryCost', points);
});

test('many conditions, each for many fields, are refused before anything is asked', async () => {
  const fields = 'count exists price { average } first { id } last { id }';
  const menus = Array.from({ length: 20 }, (_, index) => `m${index}: menu(where: $where) { ${fields} }`);
  const where = { or: Array.from({ length: 190 }, () => ({ name: { contains: '%_a%_a7' } })) };
  const { data, errors } = await gather.query(`query ($where: ItemWhere) { ${menus.join(' ')} }`, { where });
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ extensions: { code: 'MAX_COST_EXCEEDED' } }]);
  expect(gather.cost()).toEqual({ statements: [], requests: [] });
});
