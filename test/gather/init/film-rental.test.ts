import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { App, AppMigration } from 'gather';
import { signedIn, startTestApp } from 'gather/testing';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { writeProject } from '../../../src/gather/init/write-project.ts';
import { foreignDatabase } from '../../helpers/foreign-database.ts';
import { linkPackages } from '../../helpers/link-packages.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SQL = ['schema.sql', 'seed.sql'].map((file) => join(ROOT, 'test/gather/film-rental', file));
const SERVICES = ['prices', 'ratings', 'loyalty'].map((name) =>
  join(ROOT, 'test/gather/init/services', `${name}.openapi.yaml`),
);
const TIMEOUT_MS = 300_000;

const QUERY = `{
  stores(first: 2) {
    nodes {
      manager { lastName }
      customers(first: 3) {
        nodes {
          lastName
          points
          rentals(first: 2) {
            nodes {
              dueOn
              inventory {
                film {
                  title rating price { amount currency } searchRatings
                  language { name }
                  actors(first: 2) { edges { billing node { lastName } } }
                  categories { nodes { name } }
                }
              }
            }
          }
        }
      }
    }
  }
}`;

test('a query through six levels of a written project is a statement for each, and a call for each service', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using directory = await temporaryDirectory();
  await using database = await foreignDatabase(...SQL);
  const project = join(directory.path, 'rental');
  await writeProject(
    {
      directory: project,
      databaseUrl: database.databaseUrl,
      schemas: ['public', 'accounting'],
      openapi: SERVICES,
      name: 'rental',
      versionOf: () => '1.0.0',
    },
    () => {},
  );
  await linkPackages(project);
  await run(process.execPath, ['codegen.ts'], { cwd: project });
  const { app: written } = (await import(pathToFileURL(join(project, 'src/index.ts')).href)) as { app: App };

  const texts = await Promise.all(SQL.map((file) => readFile(file, 'utf8')));
  const rental: AppMigration = async (db) => {
    await sql.raw(texts.join('\n').replaceAll(/^(begin|commit);$/gm, '')).execute(db);
  };
  await using app = await startTestApp(
    { ...written, migrations: { rental } },
    {
      environment: { LOYALTY_TOKEN: 'secret' },
      services: {
        prices: (url) => ({
          prices: (url.searchParams.get('filmIds') ?? '').split(',').map((id) => ({ filmId: Number(id), amount: 2.5 })),
        }),
        ratings: () => ({ ratings: { 1: 4.5 } }),
        loyalty: (url) => ({ points: url.pathname.length }),
      },
    },
  );
  const { data, errors } = await app.query(QUERY, {}, { viewer: signedIn('STAFF') });
  expect(errors).toBeUndefined();
  const [first] = data.stores.nodes;
  expect(first.manager).toEqual({ lastName: 'Moreau' });
  expect(first.customers.nodes[0]).toMatchObject({ lastName: 'Lowe', points: 54 });
  expect(first.customers.nodes[0].rentals.nodes[0]).toEqual({
    dueOn: '2026-09-04',
    inventory: {
      film: {
        title: 'Harbour Lights',
        rating: 'PG_13',
        price: { amount: 2.5, currency: null },
        searchRatings: 4.5,
        language: { name: 'English' },
        actors: {
          edges: [
            { billing: 1, node: { lastName: 'Haddad' } },
            { billing: 2, node: { lastName: 'Sørensen' } },
          ],
        },
        categories: { nodes: [{ name: 'Drama' }] },
      },
    },
  });
  // Stores, managers, customers, rentals, copies, films, languages, actors and categories; a call of points for each customer.
  expect(app.cost()).toEqual({ statements: 9, calls: 2 + 3 });

  const english = `{ films(where: { language: { name: { eq: "English" } }, rating: { in: [PG_13, NC_17] } },
    orderBy: [{ field: RELEASE_YEAR, direction: DESC }]) { nodes { title } } }`;
  const filtered = await app.query(english, {}, { viewer: signedIn('STAFF') });
  expect(filtered.data.films.nodes).toEqual([{ title: 'Harbour Lights Again' }, { title: 'Harbour Lights' }]);
  expect(app.cost()).toEqual({ statements: 1, calls: 0 });

  const found = `{
    country(by: { country: "Canada" }) { cities(where: { city: { startsWith: "Ott" } }) { totalCount edges { node { city } } } }
    language(by: { languageCode: "en" }) {
      films(where: { actors: { some: { lastName: { eq: "Haddad" } } } }, orderBy: [{ field: TITLE, direction: DESC }], first: 1) {
        edges { cursor node { title actors(where: { lastName: { ne: "Haddad" } }) { edges { role node { lastName } } } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`;
  const { data: nested } = await app.query(found, {}, { viewer: signedIn('STAFF') });
  const cursor = expect.any(String);
  expect(nested).toEqual({
    country: { cities: { totalCount: 1, edges: [{ node: { city: 'Ottawa' } }] } },
    language: {
      films: {
        edges: [{ cursor, node: { title: 'Harbour Lights Again', actors: { edges: [] } } }],
        pageInfo: { hasNextPage: true, endCursor: cursor },
      },
    },
  });
  // The country, its cities and their number; the language, its films and their actors.
  expect(app.cost()).toEqual({ statements: 6, calls: 0 });
});
