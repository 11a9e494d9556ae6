import { randomUUID } from 'node:crypto';
import { type App, manyToMany } from 'gather';
import { signedIn, startTestApp } from 'gather/testing';
import pg from 'pg';
import { expect, test } from 'vitest';
import { findTestPostgres } from '../../../src/gather/testing/postgres.ts';
import { filmRental } from './index.ts';

const MARY = '11111111-1111-4111-8111-111111111111';
const ROLE = `pairs_${randomUUID().replaceAll('-', '')}`;
const SDL = `
type StoredFile implements Node @owned { id: ID! name: String! }
type FilmPicturesConnection { edges: [FilmPicturesEdge!]! nodes: [StoredFile!]! pageInfo: PageInfo! totalCount: Int }
type FilmPicturesEdge { node: StoredFile! cursor: String! note: String }
type Film implements Node {
  pictures(first: Int, after: String, last: Int, before: String): FilmPicturesConnection`;
const PICTURES = `{ node(id: "${btoa('Film:1')}") {
  ... on Film { pictures(first: 5) { totalCount edges { note node { name } } } }
} }`;

/** The film rental whose films have pictures, files of the engine, by a table of pairs. */
const withPictures = {
  ...filmRental,
  sdl: filmRental.sdl.replace('type Film implements Node {', SDL),
  database: {
    ...filmRental.database,
    tables: {
      ...filmRental.database.tables,
      film_picture: {
        name: 'film_picture',
        schema: 'public',
        table: 'film_picture',
        key: ['film_id', 'file_id'],
        types: { film_id: 'integer', file_id: 'bigint', note: 'text' },
        nullable: ['note'],
        unique: [],
        references: { film_id: 'film', file_id: 'gather.file' },
      },
    },
  },
  rowLevelSecurity: ({ role }: { role: string }) => (role === 'STAFF' ? {} : { role: ROLE }),
  resolvers: {
    ...filmRental.resolvers,
    Film: {
      ...filmRental.resolvers['Film'],
      pictures: manyToMany('gather.file' as never, { through: 'film_picture' } as never),
    },
  },
} as unknown as App;

test('the policies of pairs hold also if they lead to files of the engine', async () => {
  {
    await using app = await startTestApp(withPictures);
    await app.ask(`
      create table public.film_picture (
        film_id int references film, file_id bigint references gather.file, note text, primary key (film_id, file_id)
      );
      insert into gather.file (key, name, type, size, sha256, owner)
        values (gen_random_uuid(), 'a', 'image/png', 1, repeat('0', 64), '${MARY}');
      insert into public.film_picture select 1, id, 'for staff' from gather.file;
      alter table public.film_picture enable row level security;
      create policy nobody on public.film_picture using (false);
      create role ${ROLE} nologin;
      grant usage on schema public, gather to ${ROLE};
      grant select on all tables in schema public, gather to ${ROLE}`);
    const ask = async (viewer: ReturnType<typeof signedIn>) => (await app.query(PICTURES, {}, { viewer })).data.node;
    expect(await ask(signedIn('CUSTOMER', MARY))).toEqual({ pictures: { totalCount: 0, edges: [] } });
    expect(await ask(signedIn('STAFF', 'staff'))).toEqual({
      pictures: { totalCount: 1, edges: [{ note: 'for staff', node: { name: 'a' } }] },
    });
  }
  const client = new pg.Client({ connectionString: await findTestPostgres() });
  await client.connect();
  await client.query(`drop role ${ROLE}`);
  await client.end();
});
