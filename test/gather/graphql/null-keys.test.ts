import { hasMany } from 'gather';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { library } from '../library/index.ts';

let gather: TestApp;

const { author, book } = library.database.tables;

/** Books refer to authors by two more columns, which are unique and may be null. */
const tables = {
  ...library.database.tables,
  author: { ...author, ...withColumns(author, { number: 'bigint', code: 'text' }), unique: ['number', 'code'] },
  book: {
    ...book,
    ...withColumns(book, { authorNumber: 'bigint', authorCode: 'text' }),
    foreignKeys: [
      { columns: ['authorNumber'], table: 'author', to: ['number'] },
      { columns: ['authorCode'], table: 'author', to: ['code'] },
    ],
  },
};

interface Columns {
  types: object;
  nullable: readonly string[];
}

function withColumns({ types, nullable }: Columns, added: Readonly<Record<string, string>>): Columns {
  return { types: { ...types, ...added }, nullable: [...nullable, ...Object.keys(added)] };
}

beforeAll(async () => {
  const sdl = library.sdl.replace(
    'type Author implements Node {\n',
    '$&  numbered: [Book!]\n  coded(first: Int): BookConnection @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])\n',
  );
  const numbered = hasMany('book', { by: 'authorNumber', orderBy: { id: 'asc' } } as never);
  const coded = hasMany('book', { by: 'authorCode', orderBy: { id: 'asc' } } as never);
  const Author = { ...library.resolvers['Author'], numbered, coded };
  const application = { sdl, database: { ...library.database, tables }, resolvers: { ...library.resolvers, Author } };
  gather = await startTestApp({ application: application as never });
  for (const text of [
    'alter table author add number bigint unique, add code text unique',
    'alter table book add "authorNumber" bigint references author (number), add "authorCode" text references author (code)',
    `update author set number = 7 where id = 1`,
    `update author set code = '' where id = 2`,
    `update book set "authorNumber" = 7, "authorCode" = '' where id in (1, 2)`,
  ])
    await gather.database.ask(text);
});
beforeEach(() => void gather.cost());
afterAll(() => gather.close());

test('a parent without a value of the key that its children refer to has none', async () => {
  const ids = [1, 2, 3].map((id) => btoa(`Author:${id}`));
  const { data, errors } = await gather.query(
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Author {
      numbered { isbn } coded(first: 5) { totalCount nodes { isbn } }
    } } }`,
    { ids },
  );
  expect(errors).toBeUndefined();
  const both = [{ isbn: 'ISBN-00001' }, { isbn: 'ISBN-00002' }];
  const none = { totalCount: 0, nodes: [] };
  expect(data.nodes).toEqual([
    { numbered: both, coded: none },
    { numbered: [], coded: { totalCount: 2, nodes: both } },
    { numbered: [], coded: none },
  ]);
  // The authors, two lists of their books, and how many there are.
  expect(gather.cost().statements).toHaveLength(4);
});
