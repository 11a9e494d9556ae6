import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { App } from 'gather';
import { startTestApp } from 'gather/testing';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AT_ROOT = ['src', 'node_modules', 'package.json', 'tsconfig.json'];

const TSCONFIG = { extends: '../../tsconfig.json', include: ['library', '../../src/gather'], exclude: [] };

const MIGRATION = `import type { AppMigration } from 'gather';
import { sql } from 'kysely';

export const createMembers: AppMigration = async (database) => {
  await sql\`
    create table member (id bigint generated always as identity primary key, name text not null, "bookId" bigint references book (id));
    create index "member_bookId_idx" on member ("bookId", id);
  \`.execute(database);
};
`;

const SDL = `
type Member implements Node {
  id: ID!
  name: String!
  favourite: Book
}

type MemberConnection {
  edges: [MemberEdge!]!
  nodes: [Member!]!
  pageInfo: PageInfo!
  totalCount: Int!
}

type MemberEdge {
  node: Member!
  cursor: String!
}

extend type Book {
  favouriteOf(first: Int, after: String, last: Int, before: String): MemberConnection
    @listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["nodes", "edges"])
}
`;

const RESOLVERS = `import { belongsTo, defineType, hasMany } from 'gather';

export const Member = defineType('Member', { favourite: belongsTo('bookId') });

export const memberOfBook = defineType('Book', { favouriteOf: hasMany('member', { by: 'bookId', orderBy: { id: 'asc' } }) });
`;

/** A copy of the library that is edited as a person would, and knows which of its files were. */
async function copyLibrary() {
  const root = await mkdtemp(join(tmpdir(), 'gather-new-type-'));
  const library = join(root, 'test/gather/library');
  await mkdir(join(root, 'test/gather'), { recursive: true });
  for (const name of AT_ROOT) await symlink(join(ROOT, name), join(root, name));
  for (const name of ['library', 'codegen.ts']) {
    await cp(join(ROOT, 'test/gather', name), join(root, 'test/gather', name), { recursive: true });
  }
  await writeFile(join(root, 'test/gather/tsconfig.json'), JSON.stringify(TSCONFIG));
  const touched = new Set<string>();
  const write = async (file: string, text: string) => {
    touched.add(file);
    await mkdir(dirname(join(library, file)), { recursive: true });
    await writeFile(join(library, file), text);
  };
  return {
    root,
    touched,
    write,
    edit: async (file: string, from: string, to: string) => {
      const text = await readFile(join(library, file), 'utf8');
      expect(text).toContain(from);
      await write(file, text.replace(from, to));
    },
    append: async (file: string, text: string) => write(file, (await readFile(join(library, file), 'utf8')) + text),
    import: async () => (await import(join(library, 'index.ts'))) as { library: App },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

test('a new type that is a table with an ID and a list is two new files, and a line or more in four', async () => {
  await using copy = await copyLibrary();
  await copy.write('migrations/0003-members.ts', MIGRATION);
  await copy.edit(
    'migrations/index.ts',
    "'0002-genres': createGenres,",
    "'0002-genres': createGenres,\n  '0003-members': createMembers,",
  );
  await copy.edit(
    'migrations/index.ts',
    'import { createLibrary',
    "import { createMembers } from './0003-members.ts';\nimport { createLibrary",
  );
  await copy.append('schema.graphql', SDL);
  await copy.edit('types.ts', "Book: 'book',", "Book: 'book', Member: 'member',");
  await copy.write('members/Member.ts', RESOLVERS);
  await copy.edit('index.ts', '    Book,\n', '    Book: { ...Book, ...memberOfBook },\n    Member,\n');
  await copy.edit(
    'index.ts',
    'import { migrations',
    "import { Member, memberOfBook } from './members/Member.ts';\nimport { migrations",
  );

  await run(process.execPath, ['test/gather/codegen.ts'], { cwd: copy.root });
  const compile = () => run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'test/gather'], { cwd: copy.root });
  await copy.edit('members/Member.ts', "belongsTo('bookId')", "belongsTo('shelfId')");
  await expect(compile()).rejects.toMatchObject({ stdout: expect.stringContaining('"shelfId"') });
  await copy.edit('members/Member.ts', "belongsTo('shelfId')", "belongsTo('bookId')");
  await compile();
  expect([...copy.touched].sort()).toEqual([
    'index.ts',
    'members/Member.ts',
    'migrations/0003-members.ts',
    'migrations/index.ts',
    'schema.graphql',
    'types.ts',
  ]);

  const { library } = await copy.import();
  await using app = await startTestApp(library);
  await app.ask(`insert into author (name) values ('Ann')`);
  await app.ask(`insert into book (title, "authorId") values ('One', 1)`);
  await app.ask(`insert into member (name, "bookId") values ('Mia', 1), ('Max', 1)`);
  const { data, errors } = await app.query(
    '{ books { nodes { favouriteOf { totalCount nodes { id name favourite { title } } } } } }',
  );
  expect(errors).toBeUndefined();
  expect(data.books.nodes).toEqual([
    {
      favouriteOf: {
        totalCount: 2,
        nodes: [
          { id: btoa('Member:1'), name: 'Mia', favourite: { title: 'One' } },
          { id: btoa('Member:2'), name: 'Max', favourite: { title: 'One' } },
        ],
      },
    },
  ]);
  const node = await app.query('query ($id: ID!) { node(id: $id) { ... on Member { name } } }', {
    id: btoa('Member:2'),
  });
  expect(node.data.node).toEqual({ name: 'Max' });
});
