import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { addPart } from '../../../src/gather/init/add.ts';
import { writeNewProject } from '../../../src/gather/init/new-project.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

async function newProject() {
  const directory = await temporaryDirectory();
  await writeNewProject(directory.path, { name: 'library', versionOf: () => '1.0.0' }, () => {});
  return { ...directory, read: (file: string) => readFile(join(directory.path, file), 'utf8') };
}

test('a type is a migration, a file, a test, and a line or more in five files', async () => {
  await using project = await newProject();
  const { written, todo } = await addPart(project.path, 'type', 'Reservation');
  expect(todo).toEqual([]);
  expect([...new Set(written)]).toEqual([
    'src/migrations/0001-reservation.ts',
    'src/types/Reservation.ts',
    'test/Reservation.test.ts',
    'schema.graphql',
    'src/tables.ts',
    'src/types/index.ts',
    'src/Query.ts',
    'src/migrations/index.ts',
  ]);
  await addPart(project.path, 'type', 'Book');
  expect(buildSchema(await project.read('schema.graphql')).getType('BookConnection')).toBeDefined();
  expect(await project.read('src/tables.ts')).toContain("  Reservation: 'reservation',\n  Book: 'book',\n} as const;");
  expect(await project.read('src/migrations/index.ts')).toContain("  '0002-book': createBooks,\n};");
});

test('mutations and tasks are named once in the declaration', async () => {
  await using project = await newProject();
  for (const name of ['lendBook', 'returnBook']) await addPart(project.path, 'mutation', name);
  for (const name of ['remind', 'sweep']) await addPart(project.path, 'task', name);
  const index = await project.read('src/index.ts');
  expect(index.match(/mutations\/index\.ts/g)).toHaveLength(1);
  expect(index).toContain('resolvers: { Query, Mutation, ...resolvers },');
  expect(index.match(/tasks: Object\.values\(tasks\),/g)).toHaveLength(1);
  expect(await project.read('src/mutations/index.ts')).toBe(
    "export { lendBook } from './lendBook.ts';\nexport { returnBook } from './returnBook.ts';\n",
  );
});

test('lines that have no place in an edited file are left to the person', async () => {
  await using project = await newProject();
  await writeFile(join(project.path, 'src/tables.ts'), 'export const types = {} as const;\n');
  const { todo } = await addPart(project.path, 'type', 'Book');
  expect(todo).toEqual(["src/tables.ts:\n  Book: 'book',\n"]);
});

test('what cannot be added is refused', async () => {
  await using project = await newProject();
  await expect(addPart(project.path, 'type', 'book')).rejects.toThrow('Expected a name like Reservation, got "book".');
  await addPart(project.path, 'task', 'remind');
  await expect(addPart(project.path, 'task', 'remind')).rejects.toThrow('src/tasks/remind.ts is there already.');
  await writeFile(join(project.path, 'database.json'), '{}');
  await expect(addPart(project.path, 'type', 'Book')).rejects.toThrow(
    'The tables of this project belong to a database',
  );
  await using empty = await temporaryDirectory();
  await expect(addPart(empty.path, 'task', 'remind')).rejects.toThrow(`found none.`);
});
