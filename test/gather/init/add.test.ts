import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { addPart } from '../../../src/gather/init/add/add.ts';
import { addService } from '../../../src/gather/init/add/service.ts';
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
  const schema = buildSchema(await project.read('schema.graphql'));
  for (const type of ['BookConnection', 'BookEdge', 'BookBy']) expect(schema.getType(type), type).toBeDefined();
  expect(await project.read('src/Query.ts')).toContain(`import { connectionOf, defineType, findBy } from 'gather';

export const Query = defineType('Query', {
  reservation: findBy('reservation'),
  reservations: connectionOf('reservation', { orderBy: { id: 'asc' } }),
  book: findBy('book'),
`);
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

const PRICES = 'test/gather/init/services/prices.openapi.yaml';
const OPTIONS = { name: 'library', versionOf: () => '1.0.0' };

test('a service is its OpenAPI file, a declaration, a test, and a line in two files', async () => {
  await using project = await newProject();
  const first = await addService(project.path, 'prices', PRICES, OPTIONS);
  expect(first).toEqual({
    written: [
      'services/prices.openapi.yaml',
      'src/services/index.ts',
      'test/prices.test.ts',
      'src/index.ts',
      'src/index.ts',
      'codegen.ts',
      'README.md',
      'src/generated/services.ts',
    ],
    todo: [],
    leftOut: ['prices.getFilmPrices: no table has its key'],
  });
  expect(await project.read('services/prices.openapi.yaml')).toBe(await readFile(PRICES, 'utf8'));
  expect(await project.read('codegen.ts')).toContain("    services: 'services/*.openapi.*',\n");
  const index = await project.read('src/index.ts');
  expect(index).toContain("import { services } from './services/index.ts';\nimport { types } from './tables.ts';\n");
  expect(index).toContain('  services,\n');
  const second = await addService(project.path, 'quotes', PRICES, OPTIONS);
  expect(second.written).toEqual([
    'services/quotes.openapi.yaml',
    'test/quotes.test.ts',
    'src/services/index.ts',
    'src/services/index.ts',
    'README.md',
    'src/generated/services.ts',
  ]);
  expect(await project.read('README.md')).toMatch(
    /\n## Settings of the services\n\n\| setting \| \|\n\| --- \| --- \|\n\| `PRICES_URL` \| .*\n\| `PRICES_TIMEOUT_MS` \| .*\n\| `QUOTES_URL` \| .*\n\| `QUOTES_TIMEOUT_MS` \| .*\n$/,
  );
  expect(await project.read('src/generated/services.ts')).toContain('  readonly quotes: Contract<');
  expect(await project.read('src/services/index.ts')).toContain(`const quotes = defineService(contracts.quotes, {
  bulk: {
    getFilmPrices: { in: 'query.filmIds', max: 50, out: 'prices[]', by: 'filmId' },
  },
});

export const services = { prices, quotes };
`);
});

test('a service that cannot be added is refused', async () => {
  await using project = await newProject();
  const add = (name: string, file: string) => addService(project.path, name, file, OPTIONS);
  await expect(add('Prices', PRICES)).rejects.toThrow('Expected a name like ratings, got "Prices".');
  await expect(add('prices', 'prices.txt')).rejects.toThrow(
    'Expected an OpenAPI file in JSON or YAML, got "prices.txt".',
  );
  await expect(add('prices', 'none.yaml')).rejects.toThrow('Expected an OpenAPI file at none.yaml, found none.');
  await expect(add('prices', 'package.json')).rejects.toThrow(
    'package.json: expected OpenAPI 3.0 or 3.1, got no OpenAPI',
  );
  await expect(add('database', PRICES)).rejects.toThrow(
    'Expected another name for the service than database, whose settings would be those of Gather.',
  );
  await add('prices', PRICES);
  await expect(add('prices', PRICES)).rejects.toThrow('services/prices.openapi.yaml is there already.');
});

test.each([
  ['type', 'Record', 'Expected another name than Record, which means something else in the code.'],
  ['type', 'Subscription', 'Expected another name than Subscription, which means something else in the code.'],
  ['type', 'BookRow', 'Expected another name than BookRow, which means something else in the code.'],
  ['type', 'SignInInput', 'There can be only one type named "SignInInput".'],
  ['type', 'Book', 'There can be only one type named "Book".'],
  ['type', 'BookWhere', 'There can be only one type named "BookWhere".'],
  ['type', 'Viewer', 'Field "Query.viewer" can only be defined once.'],
  ['mutation', 'delete', 'Expected another name than delete, which means something else in the code.'],
  ['mutation', 'signIn', 'Field "Mutation.signIn" can only be defined once.'],
  ['mutation', 'index', 'Expected another name than index, which means something else in the code.'],
  ['task', 'await', 'Expected another name than await, which means something else in the code.'],
  ['task', 'test', 'Expected another name than test, which means something else in the code.'],
  ['task', 'sweepFiles', 'Expected another name than sweepFiles, which means something else in the code.'],
] as const)('%s %s, a name that is taken, is refused before anything is written', async (part, name, message) => {
  await using project = await newProject();
  await addPart(project.path, 'type', 'Book');
  await rm(join(project.path, 'src/types/Book.ts'));
  await rm(join(project.path, 'test/Book.test.ts'));
  const before = await readdir(project.path, { recursive: true });
  const sdl = await project.read('schema.graphql');
  await expect(addPart(project.path, part, name)).rejects.toThrow(message);
  expect(await readdir(project.path, { recursive: true })).toEqual(before);
  expect(await project.read('schema.graphql')).toBe(sdl);
});

test('a type whose plural is its singular has two fields of Query', async () => {
  await using project = await newProject();
  await addPart(project.path, 'type', 'Sheep');
  expect(await project.read('src/Query.ts')).toContain(`  sheep: findBy('sheep'),
  sheepList: connectionOf('sheep', { orderBy: { id: 'asc' } }),
`);
  buildSchema(await project.read('schema.graphql'));
});

test('nothing is added to an SDL that is not valid', async () => {
  await using project = await newProject();
  await writeFile(join(project.path, 'schema.graphql'), 'type Query {\n  book: Boook\n}\n');
  await expect(addPart(project.path, 'mutation', 'lendBook')).rejects.toThrow(
    'The SDL is not valid. Correct it first:\n  schema.graphql:2: Unknown type "Boook".',
  );
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
