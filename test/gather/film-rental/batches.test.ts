import { startTestApp, type TestApp } from 'gather/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withClient } from '../../../src/gather/database/client.ts';
import { holdTimeouts } from '../../helpers/timeouts.ts';
import { filmRental } from './index.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(filmRental);
  const statement = `update film set original_language_code = 'ja' where title = 'Harbour Lights Again'`;
  await withClient(app.databaseUrl, (client) => client.query(statement));
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => void app.cost());

test('rows of one table that fields at several depths ask for are read in one statement', async () => {
  using _ = holdTimeouts();
  const { data } = await app.query(
    '{ films(first: 1) { nodes { language { name } sequels { nodes { original_language { name } } } } } }',
  );
  expect(data.films.nodes).toEqual([
    { language: { name: 'English' }, sequels: { nodes: [{ original_language: { name: 'Japanese' } }] } },
  ]);
  // The films, their sequels, and the languages of both.
  expect(app.cost()).toEqual({ statements: 3, calls: 0 });
});

test('… also if one of the fields has nothing beside it that leads there', async () => {
  using _ = holdTimeouts();
  const { data } = await app.query(`{
    films(first: 1) { nodes { language { name } sequels { nodes { original_language { name } } } } }
    film(title: "The Glacier") { language { name } }
  }`);
  expect(data.film.language).toEqual({ name: 'Icelandic' });
  expect(app.cost()).toEqual({ statements: 4, calls: 0 });
});
