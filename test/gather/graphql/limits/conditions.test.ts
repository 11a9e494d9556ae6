import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => void gather.cost());
afterAll(() => gather.close());

const BY_VARIABLE = 'query ($where: BookWhere) { catalogue(where: $where) { exists } }';
/** With its scalars, a tenth of a point each. */
const CATALOGUE = 2;

test.each([
  ['none', '{ catalogue { exists } }', {}, CATALOGUE],
  ['one, for one field', '{ catalogue(where: { title: { eq: "x" } }) { exists } }', {}, CATALOGUE + 10],
  [
    'two, for each of two fields',
    '{ catalogue(where: { title: { eq: "x", ne: "y" } }) { exists first { id } } }',
    {},
    CATALOGUE + 1 + 40,
  ],
  [
    'a part of a title, which no index finds',
    '{ catalogue(where: { title: { contains: "x" } }) { exists } }',
    {},
    CATALOGUE + 20,
  ],
  [
    'parts of titles in a variable, beside what an index finds',
    BY_VARIABLE,
    { where: { or: [{ title: { startsWith: 'x', endsWith: 'y' } }, { not: { title: { eq: 'z' } } }] } },
    CATALOGUE + 50,
  ],
  [
    'a variable in the place of a part of a title',
    'query ($text: String) { catalogue(where: { and: [{ title: { contains: $text } }] }) { exists } }',
    { text: 'x' },
    CATALOGUE + 20,
  ],
  ['one in a variable', BY_VARIABLE, { where: { title: { eq: 'x' } } }, CATALOGUE + 10],
  [
    'two in the groups of a variable',
    BY_VARIABLE,
    { where: { or: [{ title: { eq: 'x' } }, { not: { title: { eq: 'y' } } }] } },
    CATALOGUE + 20,
  ],
  ['a list of fifty, which is one', BY_VARIABLE, { where: { title: { in: Array(50).fill('x') } } }, CATALOGUE + 10],
  ['a list of 51, which is two', BY_VARIABLE, { where: { title: { in: Array(51).fill('x') } } }, CATALOGUE + 20],
  ['a list in the text', '{ catalogue(where: { title: { in: ["a", "b"] } }) { exists } }', {}, CATALOGUE + 10],
  [
    'groups',
    '{ catalogue(where: { or: [{ title: { eq: "x" } }, { not: { title: { eq: "y" } } }] }) { exists } }',
    {},
    CATALOGUE + 20,
  ],
  ['a variable that is not given', BY_VARIABLE, {}, CATALOGUE],
  [
    'the default of a variable',
    BY_VARIABLE.replace('BookWhere', 'BookWhere = { title: { eq: "x" } }'),
    {},
    CATALOGUE + 10,
  ],
])('conditions cost what they are worth: %s', async (_, query, variables, points) => {
  const { extensions } = await gather.query(query, variables);
  expect(extensions).toHaveProperty('cost.requestedQueryCost', points);
});

test('many conditions, each for many fields, are refused before anything is asked', async () => {
  const fields = 'count exists price { average } first { id } last { id }';
  const catalogues = Array.from({ length: 20 }, (_, index) => `c${index}: catalogue(where: $where) { ${fields} }`);
  const where = { or: Array.from({ length: 190 }, () => ({ title: { contains: '%_a%_a7' } })) };
  const { data, errors } = await gather.query(`query ($where: BookWhere) { ${catalogues.join(' ')} }`, { where });
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ extensions: { code: 'MAX_COST_EXCEEDED' } }]);
  expect(gather.cost()).toEqual({ statements: [], requests: [] });
});
