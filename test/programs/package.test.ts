import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { foreignDatabase } from '../helpers/foreign-database.ts';
import { ask, Program } from '../helpers/program.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const SQL = ['schema.sql', 'seed.sql'].map((file) => join(ROOT, 'test/gather/film-rental', file));
/** Compiling, packing and code generation take seconds each. */
const TIMEOUT_MS = 180_000;
const run = promisify(execFile);

/** An application of one table and one resolver, as a stranger writes it in an empty directory. */
const FILES = {
  'package.json': '{ "name": "shelf", "private": true, "type": "module" }',
  'tsconfig.json': `{
  "compilerOptions": {
    "target": "es2025", "lib": ["es2025", "esnext.disposable"], "module": "nodenext", "types": ["node"], "noEmit": true,
    "strict": true, "exactOptionalPropertyTypes": true, "erasableSyntaxOnly": true, "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true, "skipLibCheck": true
  },
  "include": ["src", "codegen.ts"]
}`,
  'schema.graphql': `
directive @auth(requires: Role!) on FIELD_DEFINITION | OBJECT
enum Role { ANONYMOUS STAFF }
interface Node { id: ID! }
type Book implements Node { id: ID! title: String! initial: String! }
type Query { firstBook: Book lostBook: Book }
`,
  'codegen.ts': `
import { applicationFiles, writeGenerated } from 'gather/codegen';
import { migrations, types } from './src/tables.ts';

const files = applicationFiles({ out: 'src/generated', schema: 'schema.graphql', types, migrations });
await writeGenerated(files, { isCheck: false });
`,
  'src/tables.ts': `
import type { AppMigration, TypeRegistry } from 'gather';
import { sql } from 'kysely';

const createBooks: AppMigration = async (database) => {
  await sql\`create table book (id bigint generated always as identity primary key, title text not null)\`.execute(database);
  await sql\`insert into book (title) values ('Ulysses'), ('Emma')\`.execute(database);
};

export const migrations = { '0001-books': createBooks };
export const types = { Book: 'book' } as const satisfies TypeRegistry;
`,
  'src/index.ts': `
import { defineApp, defineType, reads } from 'gather';
import { rowLoaders, tables } from './generated/database.ts';
import { migrations, types } from './tables.ts';

const Query = defineType('Query', {
  firstBook: (_, __, { tables, columns }) =>
    tables.book.first({ orderBy: [{ column: 'title', direction: 'asc' }], columns: columns.book }),
  lostBook: () => {
    throw new Error('It is lost.');
  },
});
const Book = defineType('Book', { initial: reads(['title'], ({ title }) => title.charAt(0)) });

export const shelf = defineApp({
  name: 'Shelf',
  schema: new URL('../schema.graphql', import.meta.url),
  database: { tables, rowLoaders },
  types,
  resolvers: { Query, Book },
  migrations,
});
`,
  'src/main.ts': `
import { runCommand } from 'gather/commands';
import { shelf } from './index.ts';

await runCommand(shelf, process.argv.slice(2));
`,
  'src/shelf.test.ts': `
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestApp } from 'gather/testing';
import { shelf } from './index.ts';

test('the first book is one statement', async () => {
  await using app = await startTestApp(shelf);
  const { data } = await app.query('{ firstBook { title initial } }');
  assert.deepEqual(data, { firstBook: { title: 'Emma', initial: 'E' } });
  assert.deepEqual(app.cost(), { statements: 1, calls: 0 });
});
`,
  'src/generated/README': 'Written by codegen.ts.',
  'src/wrong.ts': `
import { defineType, reads } from 'gather';

// @ts-expect-error There is no such type.
defineType('Author', {});
// @ts-expect-error The column is not read.
defineType('Book', { initial: reads(['id'], ({ title }) => title) });
`,
};

interface Manifest {
  version: string;
  exports: Record<string, { types: string; default: string }>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  optionalDependencies: Record<string, string>;
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let tarball: string;
let database: TestDatabase;
/** An empty directory with the application's files and what npm would install. */
let app: string;
let manifest: Manifest;

beforeAll(async () => {
  directory = await temporaryDirectory();
  database = await createTestDatabase({}, { isEmpty: true });
  const dist = join(directory.path, 'dist');
  await nodeIn(ROOT, 'pack.ts', dist);
  const { stdout } = await run('npm', ['pack', dist, '--silent'], { cwd: directory.path });
  tarball = join(directory.path, stdout.trim());

  app = join(directory.path, 'app');
  for (const [file, text] of Object.entries(FILES)) await write(file, text);
  const gather = join(app, 'node_modules/gather');
  await mkdir(gather, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', gather, '--strip-components=1']);
  manifest = JSON.parse(await readFile(join(gather, 'package.json'), 'utf8'));
  for (const name of [...needed(), ...Object.keys(manifest.optionalDependencies), '@types/node']) await link(name);

  await node('codegen.ts');
  await using migrating = runShelf(['migrate']);
  expect(await migrating.exit()).toMatchObject({ code: 0 });
}, TIMEOUT_MS);
afterAll(async () => {
  await database.drop();
  await directory[Symbol.asyncDispose]();
});

test('publint and attw find nothing', async () => {
  const publint = await node(join(MODULES, 'publint/src/cli.js'), tarball, '--strict');
  expect(publint.stdout).toContain('All good!');
  // It fails if there is a problem.
  await node(join(MODULES, '@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only');
});

test('source maps lead to the sources', async () => {
  const map = JSON.parse(await readFile(join(app, 'node_modules/gather/index.js.map'), 'utf8'));
  expect(map.sourcesContent).toEqual([await readFile(join(ROOT, 'src/gather/index.ts'), 'utf8')]);
});

test(
  'its `init` writes a project over a database, whose tests pass',
  async () => {
    await using rental = await foreignDatabase(...SQL);
    const project = join(directory.path, 'rental');
    for (const name of ['.bin', 'node', 'typescript']) await link(name);
    await mkdir(project);
    await symlink(join(app, 'node_modules'), join(project, 'node_modules'));
    const database = ['--database', rental.databaseUrl, '--schema', 'public', 'accounting'];
    const { stdout } = await nodeIn(project, 'node_modules/gather/bin.js', 'init', '.', ...database);
    expect(stdout).toContain('types and tests: 54 tests pass');
    const { dependencies } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
    // Another package has the name in the registry of npm.
    expect(dependencies.gather).toBe('file:../app/node_modules/gather');
  },
  TIMEOUT_MS,
);

test(
  'an application is compiled and tested, and runs without optional packages',
  async () => {
    await node(join(MODULES, 'typescript/bin/tsc'));
    // The declarations of some packages do not pass.
    const all = node(join(MODULES, 'typescript/bin/tsc'), '--skipLibCheck', 'false');
    expect(await all.catch(({ message }) => message)).not.toContain('node_modules/gather/');
    expect((await node('--test')).stdout).toMatch(/^# pass 1$|ℹ pass 1$/m);

    for (const name of Object.keys(manifest.optionalDependencies)) await unlink(join(app, 'node_modules', name));
    await using server = runShelf(['serve'], { PORT: '0', NODE_ENV: 'production', METRICS_PORT: '0' });
    const url = await server.url();
    const { data } = await ask(url, '{ firstBook { title initial } }');
    expect(data).toEqual({ firstBook: { title: 'Emma', initial: 'E' } });
    await ask(url, '{ lostBook { id } }');
    const [line] = await server.said(/.*"It is lost\..*\n/);
    const frame = expect.stringMatching(/^gather\/graphql\/.+\.js:\d+$/);
    expect(JSON.parse(line)).toMatchObject({ failures: [{ err: { at: ['src/index.ts:10', frame, frame] } }] });
    server.pressCtrlC();
    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(server.stderr).toBe('');
  },
  TIMEOUT_MS,
);

test.for([
  ['@aws-sdk/client-s3', { S3_BUCKET: 'files', S3_ACCESS_KEY_ID: 'key', S3_SECRET_ACCESS_KEY: 'secret' }],
  ['@opentelemetry/sdk-node', { OTEL_TRACES_EXPORTER: 'console' }],
  ['@sentry/core', { SENTRY_DSN: 'http://key@127.0.0.1/1' }],
] as const)('a setting that needs %s says how to install it', async ([name, settings]) => {
  await using server = runShelf(['serve'], { PORT: '0', ...settings });
  expect(await server.exit()).toMatchObject({ code: 1 });
  const version = manifest.peerDependencies[name]?.replace('^', '');
  expect(server.stderr).toBe(`The package ${name} is not installed: npm install ${name}@${version}\n`);
});

test('npx gather lists its commands and names the version', async () => {
  const gather = (...args: string[]) => node(join(app, 'node_modules/gather/bin.js'), ...args);
  expect((await gather('--version')).stdout).toBe(`Gather ${manifest.version}, Node ${process.versions.node}\n`);
  expect((await gather()).stdout).toMatch(/^npx gather <command> \[--help \| --version\]\n\n {2}init /);
});

/** What npm installs in any case. */
function needed(): string[] {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys(dependencies), ...peers];
}

/** Links a package of the repository, so that nothing is fetched. Those for other platforms are not there. */
async function link(name: string): Promise<void> {
  const target = join(MODULES, name);
  await mkdir(dirname(join(app, 'node_modules', name)), { recursive: true });
  await symlink(target, join(app, 'node_modules', name));
}

async function write(file: string, text: string): Promise<void> {
  const path = join(app, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function node(...args: string[]) {
  return nodeIn(app, ...args);
}

/** Runs a program in a directory. @throws with its output if it fails */
function nodeIn(cwd: string, ...args: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, args, { cwd }).catch(({ message, stdout }) => {
    throw new Error(`${message}${stdout}`);
  });
}

function runShelf(args: string[], settings: Record<string, string> = {}): Program {
  const env = { DATABASE_URL: database.databaseUrl, ...settings };
  return new Program(process.execPath, ['src/main.ts', ...args], env, app);
}
