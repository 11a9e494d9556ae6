import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addService } from '../../../src/gather/init/add/service.ts';
import { type InitReport, writeProject } from '../../../src/gather/init/write-project.ts';
import { type ForeignDatabase, foreignDatabase } from '../../helpers/foreign-database.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const SQL = `
  create table author (
    author_id bigint generated always as identity primary key,
    full_name text not null,
    password_hash text,
    born_on date
  );
  comment on table author is 'Who writes.';
  comment on column author.full_name is 'As on the cover.';
  create table books (
    book_id bigint generated always as identity primary key,
    title text not null,
    author_id bigint not null references author,
    translated_by bigint references author,
    status text not null check (status in ('DRAFT', 'ACTIVE')),
    place point
  );
  create table note (text text)
`;

let database: ForeignDatabase;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let root: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
});

afterAll(() => directory[Symbol.asyncDispose]());

beforeEach(async () => {
  database = await foreignDatabase();
  await database.run(SQL);
  root = join(directory.path, 'shelf');
  await rm(root, { recursive: true, force: true });
  return () => database[Symbol.asyncDispose]();
});

const options = () => ({
  directory: root,
  databaseUrl: database.databaseUrl,
  schemas: undefined,
  openapi: [],
  name: 'shelf',
  versionOf: (name: string) => `${name.length}.0.0`,
});
const init = (): Promise<InitReport> => writeProject(options(), () => {});
const read = (file: string) => readFile(join(root, file), 'utf8');
const edit = async (file: string, from: string, to: string) => {
  const text = await read(file);
  expect(text).toContain(from);
  await writeFile(join(root, file), text.replace(from, to));
};

test('a new project has a short file for each type, and says what it left out', async () => {
  const { added, leftOut } = await init();
  expect(added).toEqual(
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'database.json')
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .sort((a, b) => added.indexOf(a) - added.indexOf(b)),
  );
  expect(leftOut).toEqual([
    'author.password_hash: looks secret',
    'books.place: point has no scalar',
    'note: no unique key',
  ]);
  expect(await read('src/types/Book.ts')).toBe(`import { belongsTo, defineType } from 'gather';

export const Book = defineType('Book', {
  author: belongsTo('authorId'),
  translatedBy: belongsTo('translatedBy'),
});
`);
  expect(await read('src/types/Author.ts')).toBe(`import { defineType, hasMany } from 'gather';

export const Author = defineType('Author', {
  books: hasMany('books', { by: 'authorId', orderBy: { bookId: 'asc' } }),
  booksTranslatedBy: hasMany('books', { by: 'translatedBy', orderBy: { bookId: 'asc' } }),
});
`);
  expect(await read('schema.graphql')).toContain(`"Who writes."
type Author implements Node @auth(requires: STAFF) {
  "Opaque and globally unique."
  id: ID!
  "As on the cover."
  fullName: String!
  bornOn: Date
  books(`);
});

test('a second run changes nothing', async () => {
  await init();
  const before = await read('database.json');
  expect(await init()).toMatchObject({ added: [], changed: [], removed: [], kept: [], differences: [] });
  expect(await read('database.json')).toBe(before);
});

test('a run after a change of the database adds what is new, and keeps edited lines', async () => {
  await init();
  await edit('schema.graphql', 'type Author implements Node @auth(requires: STAFF)', 'type Author implements Node');
  await edit('schema.graphql', '  title: String!\n', '  "As printed."\n  title: String!\n');
  await edit('src/types/Book.ts', "author: belongsTo('authorId')", "writer: belongsTo('authorId')");
  await edit('schema.graphql', '  author: Author\n', '  writer: Author\n');
  await rm(join(root, 'README.md'));
  await database.run(`
    create table shop (shop_id bigint generated always as identity primary key, name text not null);
    alter table books add shop_id bigint references shop, add price numeric not null default 1;
    alter table author drop born_on;
    alter table books alter title drop not null
  `);
  const { added, changed, removed, kept, differences } = await init();
  expect(added).toEqual(['src/types/Shop.ts', 'test/Shop.test.ts']);
  expect(changed).toEqual([
    'schema.graphql',
    'src/Query.ts',
    'src/tables.ts',
    'src/types/index.ts',
    'src/types/Book.ts',
    'test/Author.test.ts',
    'test/Book.test.ts',
  ]);
  expect(removed).toEqual([]);
  expect(kept).toEqual([
    expect.stringMatching(/^schema\.graphql:\d+: you have edited this; it would have\n {8}title: String$/),
  ]);
  expect(differences.sort()).toEqual([
    'author.born_on: gone',
    'books.price: new',
    'books.shop_id: new',
    'books.title: text became text, nullable',
    'public.shop: new',
  ]);
  const sdl = await read('schema.graphql');
  expect(sdl).toContain('type Author implements Node {\n');
  expect(sdl).not.toContain('bornOn');
  expect(sdl).toContain('  "As printed."\n  title: String!\n  writer: Author\n');
  expect(sdl).toContain('  price: Decimal!\n');
  expect(await read('src/types/Book.ts')).toBe(`import { belongsTo, defineType } from 'gather';

export const Book = defineType('Book', {
  writer: belongsTo('authorId'),
  translatedBy: belongsTo('translatedBy'),
  shop: belongsTo('shopId'),
});
`);
});

test('a column that may have been renamed is named, with what a person has to edit', async () => {
  await init();
  await edit('schema.graphql', '  fullName: String!\n', '  fullName: String! @auth(requires: ADMIN)\n');
  await database.run('alter table author rename full_name to pen_name');
  const { differences, kept } = await init();
  expect(differences).toEqual([
    'author.pen_name: new',
    'author.full_name: gone',
    'author: perhaps renamed: full_name → pen_name. Write penName for fullName in what you have edited; or, to keep fullName in the API, write that for penName in database.json and in your files. Then run `npm run codegen`.',
  ]);
  expect(kept).toEqual([
    expect.stringMatching(/^schema\.graphql:\d+: you have edited this; it would have\n {8}penName: String!$/),
  ]);
  expect(await read('schema.graphql')).toContain('  fullName: String! @auth(requires: ADMIN)\n');
});

test('two columns that came, or one of another type, are no renaming', async () => {
  await init();
  await database.run(`
    alter table author drop full_name, add pen_name text not null default '', add nick_name text not null default '';
    alter table books drop title, add pages integer`);
  expect((await init()).differences.filter((line) => line.includes('renamed'))).toEqual([]);
});

test('the file of a table that is gone goes, unless it was edited', async () => {
  await init();
  await edit('test/Book.test.ts', 'only STAFF', 'nobody but STAFF');
  await database.run('drop table books');
  const { removed, kept } = await init();
  expect(removed).toEqual(['src/types/Author.ts', 'src/types/Book.ts']);
  expect(kept).toEqual(['test/Book.test.ts: you have edited it; without that it would be deleted.']);
});

test('names that a person has changed stay', async () => {
  await init();
  await edit('database.json', '"type": "Book"', '"type": "Volume"');
  await database.run('alter table books add pages integer');
  await init();
  expect(await read('database.json')).toContain('"type": "Volume"');
  expect(JSON.parse(await read('database.json')).tables[1].columns.at(-1)).toMatchObject({ name: 'pages' });
});

test('a view with a key in database.json is a type', async () => {
  await database.run('create view shelf as select book_id, title from books');
  expect((await init()).leftOut).toContain('shelf: a view without a declared key');
  await edit('database.json', '"keys": {}', '"keys": { "public.shelf": ["book_id"] }');
  expect((await init()).added).toEqual(['test/Shelf.test.ts']);
  expect(await read('schema.graphql')).toContain('type Shelf implements Node @auth(requires: STAFF) {');
  expect(await read('src/tables.ts')).toContain("  Shelf: 'shelf',");
});

test('a service added later is the same as one that was there from the beginning, and needs no database', async () => {
  await database.run('create table film (film_id bigint generated always as identity primary key, title text)');
  const prices = 'test/gather/init/services/prices.openapi.yaml';
  const other = join(directory.path, 'other');
  await rm(other, { recursive: true, force: true });
  await writeProject({ ...options(), directory: other, openapi: [prices] }, () => {});
  await init();
  const { written, todo, leftOut } = await addService(root, 'prices', prices, options());
  expect(written).toEqual([
    'services/prices.openapi.yaml',
    'src/services/index.ts',
    'src/types/Film.ts',
    'test/prices.test.ts',
    'codegen.ts',
    'README.md',
    'schema.graphql',
    'src/index.ts',
    'src/types/index.ts',
    'src/generated/services.ts',
  ]);
  expect([todo, leftOut]).toEqual([[], []]);
  for (const file of [...written.slice(0, -1), 'database.json']) {
    expect(await read(file), file).toBe(await readFile(join(other, file), 'utf8'));
  }
});

test('the README lists the settings of services, those of their credentials too', async () => {
  const openapi = ['prices', 'loyalty'].map((name) => `test/gather/init/services/${name}.openapi.yaml`);
  await writeProject({ ...options(), openapi }, () => {});
  const settings = [...(await read('README.md')).matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(settings).toEqual(['LOYALTY_URL', 'LOYALTY_TOKEN', 'LOYALTY_TIMEOUT_MS', 'PRICES_URL', 'PRICES_TIMEOUT_MS']);
});

test('types have names of their own', async () => {
  await database.run(`
    create schema other;
    create type book as enum ('PAPER', 'EBOOK');
    create table other.author (id text primary key, book book, "true" boolean);
    create table "user" (id bigint primary key);
    create table book_order (id bigint primary key);
    create table book_list (id bigint primary key);
    create table db_connection (id bigint primary key);
    create table flag (id bigint primary key, value text check (value in ('true', 'false')))`);
  await writeProject({ ...options(), schemas: ['public', 'other'] }, () => {});
  expect(await read('src/tables.ts')).toBe(`/** Which type of schema.graphql is which table. */
export const types = {
  Author: 'author',
  BookListRecord: 'bookList',
  BookOrderRecord: 'bookOrder',
  Book: 'books',
  DbConnectionRecord: 'dbConnection',
  Flag: 'flag',
  UserRecord: 'user',
  OtherAuthor: 'other.author',
} as const;
`);
  const sdl = await read('schema.graphql');
  expect(sdl).toContain('  book: BookValue\n');
  expect(sdl).toContain('  value: String\n');
});

test('a directory with anything else is refused', async () => {
  await init();
  await rm(join(root, 'database.json'));
  await expect(init()).rejects.toThrow(`${root} has `);
});
