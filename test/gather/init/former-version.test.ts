import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseStructure, printStructure } from '../../../src/gather/codegen/structure.ts';
import { appFiles } from '../../../src/gather/init/app-files.ts';
import { toModel } from '../../../src/gather/init/model.ts';
import { nameFormerFields } from '../../../src/gather/init/name-fields.ts';
import { printSdl } from '../../../src/gather/init/sdl.ts';
import { testFiles } from '../../../src/gather/init/test-files.ts';
import { writeProject } from '../../../src/gather/init/write-project.ts';
import { foreignDatabase } from '../../helpers/foreign-database.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const SQL = `
  create table book (book_id bigint generated always as identity primary key, isbn text not null unique, title text);
  create table genre (genre_id bigint generated always as identity primary key, name text not null);
  create table book_genre (
    book_id bigint references book, genre_id bigint references genre, primary key (book_id, genre_id)
  )`;

test('a project of a version without edges, many-to-many and findBy gets them, and keeps what was edited', async () => {
  await using directory = await temporaryDirectory();
  await using database = await foreignDatabase();
  await database.run(SQL);
  const root = join(directory.path, 'shelf');
  const read = (file: string) => readFile(join(root, file), 'utf8');
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  };
  const init = () =>
    writeProject(
      {
        directory: root,
        databaseUrl: database.databaseUrl,
        schemas: undefined,
        openapi: [],
        name: 'shelf',
        versionOf: () => '1.0.0',
      },
      () => {},
    );
  await init();
  const structure = parseStructure(await read('database.json'));
  const tables = structure.tables.map(({ one, many, relations, ...table }) => table);
  await write('database.json', printStructure({ ...structure, tables }));
  const model = toModel(nameFormerFields({ ...structure, tables }));
  await rm(join(root, 'src/types'), { recursive: true });
  const files: Record<string, string> = {
    ...appFiles('shelf', model, 'structure'),
    ...testFiles(model, 'structure'),
    'schema.graphql': printSdl(model)
      .replace('type Book implements Node @auth(requires: STAFF)', 'type Book implements Node')
      .replace('  isbn: String!\n', ''),
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  expect(files['schema.graphql']).not.toMatch(/Edge|BookBy/);
  expect(files['src/types/BookGenre.ts']).toContain('belongsTo');

  const { added, changed, removed, kept } = await init();
  expect({ added, removed, kept }).toEqual({ added: [], removed: [], kept: [] });
  expect(changed).toEqual([
    'schema.graphql',
    'src/Query.ts',
    'src/types/Book.ts',
    'src/types/Genre.ts',
    'test/Book.test.ts',
    'test/BookGenre.test.ts',
    'test/Genre.test.ts',
  ]);
  expect(await read('src/types/Book.ts')).toBe(`import { defineType, hasMany, manyToMany } from 'gather';

export const Book = defineType('Book', {
  bookGenres: hasMany('bookGenre', { by: 'bookId', orderBy: { bookId: 'asc', genreId: 'asc' } }),
  genres: manyToMany('genre', { through: 'bookGenre' }),
});
`);
  const sdl = await read('schema.graphql');
  expect(sdl).toContain(`type Book implements Node {
  "Opaque and globally unique."
  id: ID!
  title: String
  bookGenres(where: BookGenreWhere @cost(weight: 10), first: Int, `);
  expect(sdl).toContain('  book(by: BookBy!): Book @auth(requires: STAFF)\n');
  expect(sdl).toContain('type BookEdge {\n  node: Book!\n  cursor: String!\n}\n');
  expect(await init()).toMatchObject({ added: [], changed: [], removed: [], kept: [] });
});
