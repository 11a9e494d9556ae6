import { startTestApp, type TestApp } from 'gather/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { filmRental } from './index.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(filmRental);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => void app.cost());

async function ask(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await app.query(text, variables);
  expect(errors).toBeUndefined();
  return data;
}

test('a many-to-many through a table whose key is of both is one statement, with its columns on the edges', async () => {
  const { films } = await ask(
    `{ films(first: 5) { nodes { title cast(first: 5) { totalCount edges { role billing node { last_name films { title } } } } } } }`,
  );
  const expected = await app.ask(`
    select title, json_build_object('totalCount', count(film_actor), 'edges', coalesce(json_agg(json_build_object(
      'role', role, 'billing', billing, 'node', json_build_object('last_name', last_name, 'films', (
        select json_agg(json_build_object('title', other.title) order by other.title, other.film_id)
        from film_actor part join film other using (film_id) where part.actor_id = actor.actor_id
      ))) order by actor_id) filter (where actor_id is not null), '[]')) as "cast"
    from film left join film_actor using (film_id) left join actor using (actor_id)
    group by film_id order by language_code, film_id limit 5`);
  expect(films.nodes).toEqual(expected);
  // The films, the cast of each, how many they are, and the films of each of these.
  expect(app.cost()).toEqual({ statements: 4, calls: 0 });
});

test('a film is found by its ID and by its key, whatever that is called; an ID that the key cannot be is none', async () => {
  const id = (key: string) => btoa(`Film:${key}`);
  const data = await ask(
    `query ($id: ID!, $none: ID!) {
      a: filmBy(by: { id: $id }) { title } b: filmBy(by: { film_id: 1 }) { title } c: filmBy(by: { id: $none }) { title }
    }`,
    { id: id('1'), none: id('99999999999') },
  );
  expect(data.a).toEqual(data.b);
  expect(data.c).toBeNull();
  const [film] = await app.ask('select title from film where film_id = 1');
  expect(data.a).toEqual(film);
});

test('conditions and orders on columns of any name and key', async () => {
  const page = 'nodes { film_id } pageInfo { endCursor hasNextPage }';
  const ids = [1, 3, 4].map((key) => btoa(`Film:${key}`));
  const query = `query ($where: FilmWhere, $after: String) {
    filmsBy(where: $where, orderBy: [{ field: RELEASE_YEAR, direction: DESC }, { field: TITLE_LENGTH }], first: 2, after: $after) { ${page} }
  }`;
  const where = { id: { in: [...ids, btoa('Film:x')] } };
  const first = await ask(query, { where });
  const second = await ask(query, { where, after: first.filmsBy.pageInfo.endCursor });
  expect([...first.filmsBy.nodes, ...second.filmsBy.nodes]).toEqual(
    await app.ask(
      'select film_id from film where film_id in (1, 3, 4) order by release_year desc, title_length, film_id',
    ),
  );
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });
  const of = await ask(query, {
    where: { cast: { some: { last_name: { eq: 'Haddad' } }, none: { last_name: { eq: 'Sørensen' } } } },
  });
  expect(of.filmsBy.nodes).toEqual([{ film_id: 2 }]);
});
