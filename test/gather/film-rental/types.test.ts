import { signedIn, startTestApp, type TestApp } from 'gather/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Base64 } from '../../../src/gather/graphql/scalars.ts';
import { filmRental } from './index.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(filmRental);
});

afterAll(() => app[Symbol.asyncDispose]());

beforeEach(() => void app.cost());

async function ask(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await app.query(text, variables, { viewer: signedIn('STAFF') });
  expect(errors).toBeUndefined();
  return data;
}

const idOf = (type: string, key: string | number) => Buffer.from(`${type}:${key}`).toString('base64');

const FILM = `title release_year rental_rate running_time rating rated_before special_features budget extras shown_in
  title_length last_update`;

test('values of each type, as they are in the database', async () => {
  const { films, logins, staff, rental } = await ask(
    `query ($staff: [ID!]!, $rental: ID!) {
      films { nodes { ${FILM} } }
      logins { logged_in_at address network }
      staff: nodes(ids: $staff) { ... on Staff { email picture hired_on } }
      rental: node(id: $rental) { ... on Rental { period due_on } }
    }`,
    { staff: [idOf('Staff', 3), idOf('Staff', 4)], rental: idOf('Rental', 2) },
  );
  expect(films.nodes).toEqual([
    {
      title: 'Harbour Lights',
      release_year: 1994,
      rental_rate: '2.99',
      running_time: 'PT1H47M',
      rating: 'PG_13',
      rated_before: ['PG'],
      special_features: ['Trailers', 'Deleted Scenes'],
      budget: ['1200000.10', '90071992547409.93'],
      extras: { colour: true, reels: 6 },
      shown_in: '[1994-05-01,1994-07-01)',
      title_length: 14,
      last_update: '2026-01-15T10:30:00',
    },
    {
      title: 'Harbour Lights Again',
      release_year: 1998,
      rental_rate: '3.99',
      running_time: 'PT2H5M30S',
      rating: 'NC_17',
      rated_before: ['R', 'NC_17'],
      special_features: ['Commentaries'],
      budget: [],
      extras: {},
      shown_in: '[1998-03-01,)',
      title_length: 20,
      last_update: '2026-02-01T00:00:00.000001',
    },
    {
      title: 'Rain over Kobe',
      release_year: 2011,
      rental_rate: '0.99',
      running_time: 'P1DT2H',
      rating: 'R',
      rated_before: [],
      special_features: ['Trailers', 'Behind the Scenes', 'a "quoted", label'],
      budget: ['0.1', null],
      extras: { n: 1 },
      shown_in: 'empty',
      title_length: 14,
      last_update: '2026-03-10T12:00:00',
    },
    {
      title: 'The Glacier',
      release_year: 2003,
      rental_rate: '4.99',
      running_time: 'PT1H32M',
      rating: 'G',
      rated_before: null,
      special_features: null,
      budget: null,
      extras: [],
      shown_in: null,
      title_length: 11,
      last_update: 'infinity',
    },
    {
      title: 'Unrated',
      release_year: null,
      rental_rate: '4.99',
      running_time: null,
      rating: null,
      rated_before: null,
      special_features: [],
      budget: null,
      extras: null,
      shown_in: null,
      title_length: 7,
      last_update: '-infinity',
    },
  ]);
  expect(logins).toEqual([
    { logged_in_at: '2026-10-01T08:00:00Z', address: '192.0.2.17', network: '192.0.2.0/24' },
    { logged_in_at: '2026-10-02T09:00:00Z', address: '198.51.100.4/25', network: null },
    { logged_in_at: '2026-10-02T08:03:00.123456Z', address: '2001:db8::17', network: '2001:db8::/32' },
  ]);
  expect(staff).toEqual([
    { email: 'sigrun@films.example', picture: 'AP8=', hired_on: '2020-01-07' },
    { email: null, picture: null, hired_on: '-infinity' },
  ]);
  expect(rental).toEqual({ period: '["2026-09-05 10:00:00+00",)', due_on: 'infinity' });
  expect(app.cost()).toEqual({ statements: 4, calls: 0 });
});

test.each([
  [{ rating: { eq: 'PG_13' } }, ['Harbour Lights']],
  [{ rating: { in: ['PG_13', 'NC_17'] } }, ['Harbour Lights', 'Harbour Lights Again']],
  [{ rating: { ne: 'PG_13' } }, ['Harbour Lights Again', 'The Glacier', 'Rain over Kobe', 'Unrated']],
  // Enums have the order of their labels.
  [{ rating: { gt: 'PG_13' } }, ['Harbour Lights Again', 'Rain over Kobe']],
  [{ rated_before: { has: 'NC_17' } }, ['Harbour Lights Again']],
  [{ rated_before: { overlaps: ['PG', 'NC_17'] } }, ['Harbour Lights', 'Harbour Lights Again']],
  [{ rated_before: { overlaps: [] } }, []],
  [{ rated_before: { eq: [] } }, ['Rain over Kobe']],
  [{ rated_before: { isNull: true } }, ['The Glacier', 'Unrated']],
  [{ special_features: { has: 'Trailers' } }, ['Harbour Lights', 'Rain over Kobe']],
  [{ special_features: { has: 'a "quoted", label' } }, ['Rain over Kobe']],
  [{ special_features: { eq: ['Trailers', 'Deleted Scenes'] } }, ['Harbour Lights']],
  [{ special_features: { overlaps: ['Commentaries', 'Deleted Scenes'] } }, ['Harbour Lights', 'Harbour Lights Again']],
  [{ not: { special_features: { has: 'Trailers' } } }, ['Harbour Lights Again', 'The Glacier', 'Unrated']],
  [{ budget: { has: '90071992547409.93' } }, ['Harbour Lights']],
  [{ budget: { has: '90071992547409.94' } }, []],
  [{ running_time: { gt: 'PT2H' } }, ['Harbour Lights Again', 'Rain over Kobe']],
  [{ last_update: { lt: '2026-02-01T00:00:00.000001' } }, ['Harbour Lights', 'Unrated']],
  [{ last_update: { eq: 'infinity' } }, ['The Glacier']],
  [{ film_id: { in: [1, 5] } }, ['Harbour Lights', 'Unrated']],
])('the films with %j', async (where, titles) => {
  const { filmsWhere } = await ask('query ($where: FilmWhere!) { filmsWhere(where: $where) { title } }', { where });
  expect(filmsWhere.map(({ title }: { title: string }) => title)).toEqual(titles);
  expect(app.cost()).toEqual({ statements: 1, calls: 0 });
});

test('rows are written with values of each type, many in one statement, in the order of the input', async () => {
  const input = [
    {
      title: 'First',
      language: idOf('Language', 'en'),
      sequel_of: idOf('Film', 4),
      rating: 'NC_17',
      rated_before: ['PG_13', 'R'],
      special_features: ['{a,"b"}', "o'c\\", ''],
      budget: ['0.10', '90071992547409.93'],
      running_time: 'P1DT0.5S',
      extras: { nested: [1, { deep: null }] },
      shown_in: '[2026-01-01,2026-02-01)',
      last_update: '2026-11-27T00:00:00.123456',
    },
    { title: 'Second', language: idOf('Language', 'ja'), rated_before: [], special_features: [] },
  ];
  const { createFilms } = await ask(
    `mutation ($input: [CreateFilmInput!]!) {
      createFilms(input: $input) { films { ${FILM} language { id } sequel_of { id } } userErrors { message } }
    }`,
    { input },
  );
  expect(createFilms.userErrors).toEqual([]);
  expect(createFilms.films).toEqual([
    {
      ...input[0],
      language: { id: input[0]?.language },
      sequel_of: { id: idOf('Film', 4) },
      release_year: null,
      rental_rate: '4.99',
      title_length: 5,
    },
    {
      title: 'Second',
      language: { id: idOf('Language', 'ja') },
      sequel_of: null,
      rating: null,
      rated_before: [],
      special_features: [],
      budget: null,
      running_time: null,
      extras: {},
      shown_in: null,
      release_year: null,
      rental_rate: '4.99',
      title_length: 6,
      last_update: '-infinity',
    },
  ]);
  // The rows, their languages and the film before.
  expect(app.cost()).toEqual({ statements: 3, calls: 0 });
  await app.ask("delete from film where title in ('First', 'Second')");
});

test('a change names its row and what it refers to by IDs of any type', async () => {
  const change = `mutation ($input: UpdateFilmInput!) {
    updateFilm(input: $input) { film { title rating language { name } } userErrors { code field } }
  }`;
  const update = async (input: object) => (await ask(change, { input })).updateFilm;
  const film = { title: 'The Glacier', rating: 'PG_13', language: { name: 'English' } };
  const input = { id: idOf('Film', 3), rating: 'PG_13', language: idOf('Language', 'en') };
  expect(await update(input)).toEqual({ film, userErrors: [] });
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });
  const isMissing = (field: string) => ({ film: null, userErrors: [{ code: 'NOT_FOUND', field: [field] }] });
  expect(await update({ id: idOf('Film', 'x'), title: 'X' })).toEqual(isMissing('film_id'));
  expect(await update({ id: idOf('Film', '3000000000'), title: 'X' })).toEqual(isMissing('film_id'));
  expect(await update({ id: idOf('Film', 3), sequel_of: idOf('Film', '3000000000') })).toEqual(isMissing('sequel_of'));
  expect(await update({ id: idOf('Film', 3), sequel_of: idOf('Film', 99) })).toEqual(isMissing('sequel_of'));
  expect(await update({ id: idOf('Film', 3), language: idOf('Language', 'xx') })).toEqual(isMissing('language_code'));
  await app.ask("update film set rating = 'G', language_code = 'is' where film_id = 3");
});

test('bytes and days are written', async () => {
  const change = `mutation ($input: UpdateStaffInput!) {
    updateStaff(input: $input) { staff { picture hired_on } userErrors { message } }
  }`;
  for (const staff of [
    { picture: 'AAECAw==', hired_on: 'infinity' },
    { picture: '', hired_on: '2020-02-29' },
    { picture: null, hired_on: '-infinity' },
  ]) {
    const { updateStaff } = await ask(change, { input: { id: idOf('Staff', 4), ...staff } });
    expect(updateStaff).toEqual({ staff, userErrors: [] });
  }
});

test.each([
  ['{ filmsWhere(where: { rating: { eq: PG13 } }) { title } }', 'Value "PG13" does not exist in "MpaaRating" enum'],
  ['{ filmsWhere(where: { running_time: { gt: "2 hours" } }) { title } }', 'Expected a duration in ISO 8601 format'],
  [
    '{ filmsWhere(where: { last_update: { eq: "2026-02-30T00:00:00" } }) { title } }',
    'Expected a date and a time of day',
  ],
  [
    '{ filmsWhere(where: { last_update: { eq: "2026-02-01T00:00:00Z" } }) { title } }',
    'Expected a date and a time of day',
  ],
  // PostgreSQL takes a sign of each part, and none of the whole.
  ['{ filmsWhere(where: { running_time: { gt: "-P1D" } }) { title } }', 'Expected a duration in ISO 8601 format'],
  ['mutation { updateStaff(input: { id: "x", picture: "A===" }) { staff { id } } }', 'Expected bytes in base64'],
  ['mutation { updateStaff(input: { id: "x", picture: "AAE" }) { staff { id } } }', 'Expected bytes in base64'],
])('%s is refused', async (text, message) => {
  const { errors } = await app.query(text);
  expect(errors).toMatchObject([{ message: expect.stringContaining(message) }]);
  expect(app.cost()).toEqual({ statements: 0, calls: 0 });
});

test('bytes in base64 may be as many as a body may have', () => {
  expect(Base64.coerceInputValue('AP/w'.repeat(5_000_000))).toHaveLength(15_000_000);
});

test('the scalars say what they are', async () => {
  const { __schema } = await ask('{ __schema { types { name specifiedByURL description } } }');
  const base64 = __schema.types.find(({ name }: { name: string }) => name === 'Base64');
  expect(base64).toEqual({
    name: 'Base64',
    specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc4648#section-4',
    description: 'Bytes in base64, with padding: `iVBORw0KGgo=`.',
  });
});
