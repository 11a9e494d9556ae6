import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AppDefinition, defineApp } from 'gather';
import { startTestApp } from 'gather/testing';
import { expect, test } from 'vitest';
import { assertFits, assertSound } from '../../src/gather/check.ts';
import { createServer } from '../../src/gather/server.ts';
import { createWorker } from '../../src/gather/worker.ts';
import { library } from './library/index.ts';
import { types as APP_TYPES } from './library/types.ts';

const SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

/** What is said of the library with another SDL and other parts. */
async function faultsOf(change: (sdl: string) => string, parts: Partial<AppDefinition> = {}): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'gather-check-'));
  try {
    const file = join(directory, 'schema.graphql');
    await writeFile(file, change(library.sdl));
    const { database, resolvers, loaders, services } = library;
    const app = { database, types: APP_TYPES, resolvers, loaders };
    assertSound(
      defineApp({ name: 'Library', services, ...app, ...parts, schema: pathToFileURL(file) } as AppDefinition),
    );
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.trim());
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('the library has no faults', async () => {
  expect(await faultsOf((sdl) => sdl)).toEqual([]);
});

test('a role that the SDL does not have is named, with its place', async () => {
  const faults = await faultsOf((sdl) =>
    sdl
      .replace('@owned(by: "memberOwner")', '@owned(by: "memberOwner") @auth(requires: EDITOR)')
      .replace('@auth(requires: MEMBER)', '@auth(requires: READER)'),
  );
  const message = (role: string) =>
    `Argument "@auth(requires:)" has invalid value: Value "${role}" does not exist in "Role" enum.`;
  expect(faults).toHaveLength(3);
  expect(faults).toContain(`Loan: ${message('EDITOR')} Add it to \`enum Role\`, or correct the SDL.`);
  expect(faults).toContainEqual(expect.stringMatching(/^\w+\.\w+: .*"READER"/));
});

test.each([
  [
    'a second definition',
    'type Loan {\n  lostOn: Date\n}',
    /:\d+: There can be only one type named "Loan"\. See line 1 too\./,
  ],
  ['an unknown type', 'type Shelf {\n  book: Boook\n}', /:2: Unknown type "Boook"\. Did you mean "Book" or "BookBy"\?/],
  ['a syntax error', 'type Shelf {\n  book Book\n}', /:2: Syntax Error: Expected ":", found Name "Book"\./],
])('%s in the SDL is named with its line', async (_, more, fault) => {
  expect(await faultsOf((sdl) => `${more}\n${sdl}`)).toEqual([
    'Library cannot run:',
    expect.stringMatching(new RegExp(`/schema\\.graphql${fault.source} Correct the SDL\\.$`)),
  ]);
});

test('all faults are said at once, each with the place to mend', async () => {
  const { Book, Author, ...resolvers } = library.resolvers;
  const faults = await faultsOf(
    (sdl) =>
      sdl
        .replace('  isbn: String!', '  isbn: String!\n  spine: Int')
        .replace('  author: Author\n', '  author: Loan\n')
        .replace('by: "memberOwner"', 'by: "member"')
        .replace('lendBook(input: LendBookInput!): LoanPayload @auth(requires: MEMBER)', 'lendBook: LoanPayload')
        .replace('  broken: String', '  broken: String\n  news: String'),
    {
      types: { ...library.types, Shelf: 'book' } as NonNullable<AppDefinition['types']>,
      tasks: [...library.tasks],
      resolvers: {
        ...resolvers,
        Book: { ...Book, publisher: () => '', shelf: { resolve: () => null, extensions: { reads: ['place'] } } },
        Author: { books: { kind: 'hasMany', table: 'lending.loan', by: 'bookId', orderBy: { id: 'desc' } } },
        Member: {},
      },
    },
  );
  expect(faults).toEqual([
    'Library cannot run:',
    'Shelf: the SDL has no such type. Add it there, or remove it from `types`.',
    'Query.news: no resolver. Add one to `resolvers.Query`.',
    `Book.spine: no column "spine" in table book and no resolver. Add the field to defineType('Book', …), or add a migration and run \`npm run codegen\`.`,
    'Book.author: it returns rows of table author, but the SDL says Loan, whose table is lending.loan. Correct the field, the SDL or `types`.',
    'Book.shelf: it reads the column "place", which table book lacks. Correct its `reads`.',
    'Loan: @owned(by: "member") names no column of table lending.loan. Correct it in the SDL.',
    'Author.books: column "bookId" of table lending.loan does not refer to table author. Correct its `hasMany`.',
    'Book.publisher: it has a resolver, but the SDL has no such field. Add it there, or delete it here.',
    'Member: it has resolvers, but the SDL has no such type. Remove it from `resolvers`.',
    'Mutation.lendBook: nobody may call it. Say who may with @auth(requires: …) in the SDL.',
    ...library.tasks.slice(2).map(({ name }) => `Task ${name}: there are two with this name. Rename one.`),
  ]);
});

test('a column that the code spells differently is suggested', async () => {
  const { Book, ...resolvers } = library.resolvers;
  const reads = { resolve: () => null, extensions: { reads: ['author_id'] } };
  const faults = await faultsOf(
    (sdl) =>
      sdl
        .replace('by: "memberOwner"', 'by: "member_owner"')
        .replace('  isbn: String!', '  isbn: String!\n  created_at: DateTime\n  rack: String'),
    { resolvers: { ...resolvers, Book: { ...Book, rack: reads } } },
  );
  expect(faults).toEqual([
    'Library cannot run:',
    expect.stringMatching(/^Book\.created_at: no column "created_at" .* no resolver\. Did you mean "createdAt"\? Add /),
    'Book.rack: it reads the column "author_id", which table book lacks. Did you mean "authorId"? Correct its `reads`.',
    'Loan: @owned(by: "member_owner") names no column of table lending.loan. Did you mean "memberOwner"? Correct it in the SDL.',
  ]);
});

test('lists, finders and their inputs fit the SDL and the tables', async () => {
  const { Book, Author, Query, ...resolvers } = library.resolvers;
  const faults = await faultsOf(
    (sdl) =>
      sdl
        .replace('  books(\n    where: BookWhere', '  books(\n    reverse: Boolean\n    where: LoanWhere')
        .replace('input BookBy @oneOf {', 'input BookBy @oneOf {\n  title: String')
        .replace('  dueOn: DateFilter', '  dueOn: DateFilter\n  member: StringFilter')
        .replace('input LoanListWhere {', 'input LoanListWhere {\n  every: LoanWhere')
        .replace('enum LoanOrderField {', 'enum LoanOrderField {\n  LENT_ON')
        .replace('  weight: Int!', '  weight: Int!\n  rank: Int'),
    {
      resolvers: {
        ...resolvers,
        Query: { ...Query, loans: { kind: 'connectionOf', table: 'lending.loan', orderBy: { lentAt: 'desc' } } },
        Author: { books: { kind: 'manyToMany', table: 'book', through: 'bookGenre', orderBy: {} } },
        Book: { ...Book, loans: { kind: 'hasMany', table: 'lending.loan', by: 'bookId', orderBy: { lentAt: 'desc' } } },
        BookWhere: { ...library.resolvers['BookWhere'], near: () => null },
      },
    },
  );
  expect(faults).toEqual([
    'Library cannot run:',
    'BookBy.title: table book has no unique column of this name. Correct the SDL.',
    'Query.books: a list has no argument `reverse`, only where, orderBy, first, after, last, before. Correct the SDL, or write a resolver.',
    'Query.books: its argument `where` is of type LoanWhere. Name it BookWhere in the SDL.',
    'Query.loans: table lending.loan has no column "lentAt" to order by. Correct its `orderBy`.',
    'Book.loans: table lending.loan has no column "lentAt" to order by. Correct its `orderBy`.',
    'Book.genreEdges: its edge BookGenreEdge has the field `rank`, which is no column of table bookGenre. Correct the SDL.',
    'Author.books: table bookGenre does not have one foreign key to author and one to book. Correct its `manyToMany`, or name the columns in `by` and `to`.',
    "AuthorWhere.books: table author has no such column, Author has no such relation, and `resolvers.AuthorWhere` has no such condition. Correct the SDL, or add the condition with defineWhere('AuthorWhere', …).",
    'BookWhere.loans: a condition on a list has the fields `some` and `none`, but LoanListWhere has `every`. Correct the SDL.',
    'BookWhere.ownLoans: a condition on a list has the fields `some` and `none`, but LoanListWhere has `every`. Correct the SDL.',
    "LoanWhere.member: table lending.loan has no such column, Loan has no such relation, and `resolvers.LoanWhere` has no such condition. Correct the SDL, or add the condition with defineWhere('LoanWhere', …).",
    'LoanOrderField.LENT_ON: table lending.loan has no column of this name. Correct the SDL.',
    'BookWhere.near: it has a resolver, but the SDL has no such field. Add it there, or delete it here.',
  ]);
});

test('cursors show no column that the SDL hides', async () => {
  const { Query, Author, Genre, Book, ...resolvers } = library.resolvers;
  const orderBy = { price: 'asc' };
  const parts = {
    resolvers: {
      ...resolvers,
      Query: { ...Query, books: { kind: 'connectionOf', table: 'book', orderBy } },
      Author: { ...Author, books: { kind: 'hasMany', table: 'book', by: 'authorId', orderBy } },
      Genre: { ...Genre, books: { kind: 'manyToMany', table: 'book', through: 'bookGenre', orderBy } },
      // A plain list has no cursors.
      Book: {
        ...Book,
        sequels: { kind: 'manyToMany', table: 'book', through: 'sequel', by: 'bookId', to: 'laterId', orderBy },
      },
    },
  } as Partial<AppDefinition>;
  const hidden = (sdl: string) => sdl.replace('  price: Decimal!', '  price: Decimal! @auth(requires: STAFF)');
  /** Query.books is the first. */
  const forRole = (role: string) => (sdl: string) =>
    hidden(sdl).replace('): BookConnection', `): BookConnection @auth(requires: ${role})`);
  const faultOf = (field: string) =>
    `${field}: its cursors hold the column "price" that it orders by, but Book.price requires STAFF. Order by another column, or let ${field} require STAFF too.`;
  const [first, ...rest] = ['Query.books', 'Genre.books', 'Author.books'].map(faultOf);
  expect(await faultsOf((sdl) => sdl, parts)).toEqual([]);
  expect(await faultsOf((sdl) => sdl.replace('  price: Decimal!', ''), parts)).toEqual([]);
  expect(await faultsOf(hidden, parts)).toEqual(['Library cannot run:', first, ...rest]);
  expect(await faultsOf(forRole('MEMBER'), parts)).toEqual(['Library cannot run:', first, ...rest]);
  expect(await faultsOf(forRole('STAFF'), parts)).toEqual(['Library cannot run:', ...rest]);
});

test('a database that lacks a table or a column is refused', async () => {
  await using app = await startTestApp(library);
  await expect(assertFits(library, app.databaseUrl, SCHEMAS)).resolves.toBeUndefined();
  await app.ask('alter table book drop column title; drop table lending.loan');
  await expect(assertFits(library, app.databaseUrl, SCHEMAS)).rejects.toThrow(
    [
      'Library cannot run:',
      '  Table lending.loan: the database has no lending.loan. Run `migrate`, or, if the database is right, `npm run codegen`.',
      '  Table book: the database has no column "title" in public.book. Run `migrate`, or, if the database is right, `npm run codegen`.',
    ].join('\n'),
  );
  await expect(app.startWorker()).rejects.toThrow('Table book');
});

test('neither a server nor a worker is built of an application with faults', () => {
  const faulty = { ...library, resolvers: { ...library.resolvers, Member: {} } };
  expect(() => createServer(faulty, {} as never)).toThrow('Member: it has resolvers');
  expect(() => createWorker(faulty, {} as never)).toThrow('Member: it has resolvers');
});
