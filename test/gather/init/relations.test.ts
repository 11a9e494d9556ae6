import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseStructure, printStructure } from '../../../src/gather/codegen/structure.ts';
import { writeProject } from '../../../src/gather/init/write-project.ts';
import { type ForeignDatabase, foreignDatabase } from '../../helpers/foreign-database.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const SQL = `
  create table book (book_id bigint generated always as identity primary key, isbn text not null unique, title text);
  create table genre (genre_id bigint generated always as identity primary key, name text not null unique);
  create table person (person_id bigint generated always as identity primary key, name text);
  create table book_genre (
    book_id bigint references book, genre_id bigint references genre, primary key (book_id, genre_id)
  );
  create table contribution (
    id bigint generated always as identity primary key,
    book_id bigint not null references book, person_id bigint not null references person, share integer,
    unique (book_id, person_id)
  );
  comment on table contribution is 'A person who wrote a part of a book.';
  comment on column contribution.share is 'In percent.';
  create table follow (
    follower_id bigint references person, followed_id bigint references person, created_at timestamptz not null,
    primary key (follower_id, followed_id)
  );
  create table wish (
    id bigint generated always as identity primary key,
    book_id bigint not null references book, person_id bigint not null references person, created_at timestamptz
  );
  create table loan (
    id bigint generated always as identity primary key,
    book_id bigint not null references book, person_id bigint not null references person, lent_on date not null
  );
  create table tenant (tenant_id integer primary key);
  create table shop (tenant_id integer, shop_id integer, name text, primary key (tenant_id, shop_id));
  create table brand (tenant_id integer, brand_id integer, name text, primary key (tenant_id, brand_id));
  create table shop_brand (
    tenant_id integer, shop_id integer, brand_id integer, primary key (tenant_id, shop_id, brand_id),
    foreign key (tenant_id, shop_id) references shop, foreign key (tenant_id, brand_id) references brand
  );
  create table opening (
    tenant_id integer references tenant, shop_id integer, hours text, primary key (tenant_id, shop_id),
    foreign key (tenant_id, shop_id) references shop
  )
`;

let database: ForeignDatabase;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let root: string;

beforeAll(async () => {
  [directory, database] = await Promise.all([temporaryDirectory(), foreignDatabase()]);
  root = join(directory.path, 'shelf');
  await database.run(SQL);
  await init();
});

afterAll(async () => {
  await Promise.all([directory[Symbol.asyncDispose](), database[Symbol.asyncDispose]()]);
});

const init = () =>
  writeProject(
    { directory: root, databaseUrl: database.databaseUrl, schemas: undefined, openapi: [], name: 'shelf', versionOf },
    () => {},
  );
const versionOf = () => '1.0.0';
const read = (file: string) => readFile(join(root, file), 'utf8');

test('tables of pairs are lists on both sides, and loans are no pairs', async () => {
  expect(await read('src/types/Book.ts')).toBe(`import { defineType, hasMany, manyToMany } from 'gather';

export const Book = defineType('Book', {
  contributions: hasMany('contribution', { by: 'bookId', orderBy: { id: 'asc' } }),
  loans: hasMany('loan', { by: 'bookId', orderBy: { id: 'asc' } }),
  genres: manyToMany('genre', { through: 'bookGenre' }),
  people: manyToMany('person', { through: 'contribution' }),
  peopleThroughWish: manyToMany('person', { through: 'wish' }),
});
`);
  expect(await read('src/types/Person.ts')).toBe(`import { defineType, hasMany, manyToMany } from 'gather';

export const Person = defineType('Person', {
  contributions: hasMany('contribution', { by: 'personId', orderBy: { id: 'asc' } }),
  loans: hasMany('loan', { by: 'personId', orderBy: { id: 'asc' } }),
  books: manyToMany('book', { through: 'contribution' }),
  followers: manyToMany('person', { through: 'follow', by: 'followedId', to: 'followerId' }),
  followeds: manyToMany('person', { through: 'follow', by: 'followerId', to: 'followedId' }),
  booksThroughWish: manyToMany('book', { through: 'wish' }),
});
`);
});

test('the two sides may share a column, but one is not a part of the other', async () => {
  expect(await read('src/types/Shop.ts')).toBe(`import { defineType, hasMany, manyToMany } from 'gather';

export const Shop = defineType('Shop', {
  openings: hasMany('opening', { by: ['tenantId', 'shopId'], orderBy: { tenantId: 'asc', shopId: 'asc' } }),
  brands: manyToMany('brand', { through: 'shopBrand' }),
});
`);
});

test('a table of nothing but pairs is no type', async () => {
  expect(await read('src/tables.ts')).toBe(`/** Which type of schema.graphql is which table. */
export const types = {
  Book: 'book',
  Brand: 'brand',
  Contribution: 'contribution',
  Genre: 'genre',
  Loan: 'loan',
  Opening: 'opening',
  Person: 'person',
  Shop: 'shop',
  Tenant: 'tenant',
} as const;
`);
});

test('what pairs have of their own is on the edges', async () => {
  const sdl = await read('schema.graphql');
  expect(sdl).toContain(`"A page of the people of books."
type BookPeopleConnection {
  edges: [BookPeopleEdge!]!
  nodes: [Person!]!
  pageInfo: PageInfo!
  "Counted only if selected."
  totalCount: Int @cost(weight: 5)
}

"A person who wrote a part of a book."
type BookPeopleEdge {
  node: Person!
  cursor: String!
  "In percent."
  share: Int
}
`);
  expect(sdl).toMatch(/ {2}genres\(where: GenreWhere @cost\(weight: 10\), .*\): GenreConnection\n/);
  expect(sdl).toContain('  followeds: PersonListWhere @cost(weight: 20)\n');
});

test('a row is found by its ID and by its unique columns', async () => {
  const sdl = await read('schema.graphql');
  expect(sdl).toContain('  book(by: BookBy!): Book @auth(requires: STAFF)\n');
  expect(sdl).toContain('input BookBy @oneOf {\n  id: ID\n  isbn: String\n}\n');
  expect(sdl).toContain('input LoanBy @oneOf {\n  id: ID\n}\n');
  expect(await read('src/Query.ts')).toContain("  book: findBy('book'),\n  books: connectionOf('book', ");
});

test('names stay, whatever is added', async () => {
  await database.run(`
    create table author (author_id bigint generated always as identity primary key, name text);
    create table title (id bigint generated always as identity primary key, book_id bigint not null references book);
  `);
  await init();
  await database.run(`
    alter table loan add returned_by bigint references person;
    alter table book add loans integer, add authors text;
    create table another (
      author_id bigint references author, book_id bigint references book, primary key (author_id, book_id)
    );
    create table book_loan (id bigint generated always as identity primary key, book_id bigint references book)
  `);
  const { leftOut } = await init();
  expect(leftOut).toContain('book.loans: its name is that of another field');
  expect(await read('src/types/Book.ts')).toContain("  loans: hasMany('loan', { by: 'bookId',");
  expect(await read('src/types/Book.ts')).toContain("  authorsThroughAnother: manyToMany('author', ");
  const person = await read('src/types/Person.ts');
  expect(person).toContain("  loans: hasMany('loan', { by: 'personId',");
  expect(person).toContain("  loansReturnedBy: hasMany('loan', { by: 'returnedBy',");
  expect(await init()).toMatchObject({ added: [], changed: [], removed: [], kept: [] });
});

test('pairs that get a column get a type and edges', async () => {
  await database.run('alter table book_genre add weight integer');
  const { added } = await init();
  expect(added).toEqual(['src/types/BookGenre.ts', 'test/BookGenre.test.ts']);
  const sdl = await read('schema.graphql');
  expect(sdl).toMatch(/ {2}genres\(.*\): BookGenresConnection\n/);
  expect(sdl).toContain('type BookGenresEdge {\n  node: Genre!\n  cursor: String!\n  weight: Int\n}\n');
  expect(await read('src/types/Book.ts')).toContain("  genres: manyToMany('genre', { through: 'bookGenre' }),\n");
});

test('a name changed in database.json is changed in what is written next', async () => {
  const structure = parseStructure(await read('database.json'));
  const tables = structure.tables.map((table) =>
    table.name === 'genre'
      ? { ...table, relations: { ...table.relations, 'bookGenre.genreId.bookId': 'volumes' } }
      : table,
  );
  await writeFile(join(root, 'database.json'), printStructure({ ...structure, tables }));
  await database.run('alter table genre add shelf text');
  await init();
  expect(await read('database.json')).toContain('      "bookGenre.genreId.bookId": "volumes"\n');
});
