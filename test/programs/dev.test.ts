import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, childrenOf, endPostgresOf, type Program, postgresOf, runGather } from '../helpers/program.ts';

const PROJECT = ['src', 'schema.graphql', 'services', 'codegen.ts', 'package.json'];
const QUOTES = 'src/smokehouse/suppliers/quotes.ts';
const MIGRATIONS = 'src/smokehouse/migrations';

let project: string;
let program: Program;
let url: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'gather-dev-'));
  for (const name of PROJECT) await cp(name, join(project, name), { recursive: true });
  await symlink(resolve('node_modules'), join(project, 'node_modules'));
  program = runGather(['dev'], { DATA_DIR: 'data', PORT: '0', LOG: 'none' }, project);
  await program.said(/Changes of source files restart the server\.\n/);
  url = await program.url();
}, 120_000);
afterEach(async () => {
  await program[Symbol.asyncDispose]();
  await endPostgresOf(join(project, 'data'));
  await rm(project, { recursive: true });
});

test('a change is answered, a broken one is shown and costs nothing, and the passwords stay', {
  timeout: 240_000,
}, async () => {
  await edit(QUOTES, '`fetched', '`got');
  await saidOnce(/Changed: src\/smokehouse\/suppliers\/quotes\.ts\nRestarted in \d+ ms\.\n/);
  expect(await message()).toMatch(/^got 1 quote/);
  await signInWithFirstPassword();

  await edit('services/promo.openapi.yaml', '[title, text]', '[title]');
  await saidOnce(/Changed: services\/promo\.openapi\.yaml\nRestarted in \d+ ms\.\n/);
  expect(await readFile(join(project, 'src/smokehouse/generated/services.ts'), 'utf8')).toContain('text?: string;');

  await edit(
    'src/smokehouse/tables.ts',
    "  Item: 'item',\n  Supplier: 'supplier',",
    "  Supplier: 'supplier',\n  Item: 'item',",
  );
  await saidOnce(/Changed: src\/smokehouse\/tables\.ts\nRestarted in \d+ ms\.\n/);
  expect(await readFile(join(project, 'src/smokehouse/generated/schema.ts'), 'utf8')).toContain(
    'types: {"Supplier":"supplier","Item":"item",',
  );

  await edit(QUOTES, 'const fetched', 'const fetched: =');
  await saidOnce(/The change cannot be loaded: the former version goes on\.\n/);
  expect(program.stderr).toMatch(/quotes\.ts:37\n[\s\S]*const fetched: =[\s\S]*ERR_INVALID_TYPESCRIPT_SYNTAX/);
  expect(await message()).toMatch(/^got 1 quote/);

  await edit(QUOTES, 'const fetched: =', 'const fetched');
  await edit(QUOTES, '`got', '`have');
  await saidOnce(/Restarted in/);
  expect(await message()).toMatch(/^have 1 quote/);
  await signInWithFirstPassword();
  await stop();
});

test('a change of SDL and migrations runs codegen and migrates, and the debugger stays away unless asked', {
  timeout: 240_000,
}, async () => {
  await edit('schema.graphql', /^type Home \{\{?/m, 'type Home {{');
  await saidOnce(/Generated files are as before, and the former version goes on\.\n/);
  expect(program.stderr).toContain('Syntax Error: Expected Name, found "{".');

  await writeFile(
    join(project, MIGRATIONS, '0004-note.ts'),
    `import { sql } from 'kysely';
export const addNote = async (database) => { await sql\`alter table item add column note text default 'Dry.'\`.execute(database); };`,
  );
  const index = join(project, MIGRATIONS, 'index.ts');
  const text = await readFile(index, 'utf8');
  await writeFile(
    `${index}.new`,
    `import { addNote } from './0004-note.ts';\n${text.replace(/(\n\};)/, "\n  '0004-note': addNote,$1")}`,
  );
  // As editors do that write atomically.
  await rename(`${index}.new`, index);
  await edit('schema.graphql', 'type Home {{', 'type Home {');
  await edit('schema.graphql', '  calories: Int\n', '  calories: Int\n  "A note."\n  note: String\n');
  await program.said(/ {2}migrations: 0004-note \(/);
  await program.said(/Restarted in/);
  expect((await ask(url, '{ item(by: { sku: "SKU-00001" }) { note } }')).data.item).toEqual({ note: 'Dry.' });
  expect(await readFile(join(project, 'src/smokehouse/generated/schema.ts'), 'utf8')).toContain('/** A note. */');
  expect(await readFile(join(project, 'src/smokehouse/generated/database.ts'), 'utf8')).toContain('note');
  expect(program.stderr).not.toContain('Debugger');
  await stop();
});

test('a change of the engine beside the application is answered, before and after one of the application', {
  timeout: 240_000,
}, async () => {
  const editEngine = async (from: string, to: string) => {
    await nextIsWarm();
    await edit('src/gather/http/nothing-here.ts', from, to);
    await saidOnce(/Restarted in/);
    expect(await (await fetch(`${url}/nowhere`)).text()).toContain(to);
  };
  await editEngine('Expected one of', 'Expected any of');
  await editEngine('Expected any of', 'Expected some of');
  await edit(QUOTES, '`fetched', '`got');
  await saidOnce(/Restarted in/);
  expect(await message()).toMatch(/^got 1 quote/);
  await editEngine('Expected some of', 'Expected one of');
  await stop();
});

test('Ctrl-C ends it also while a change is loaded', { timeout: 120_000 }, async () => {
  await edit(QUOTES, '`fetched', '`got');
  await program.said(/Changed: /);
  await stop();
});

async function edit(file: string, from: string | RegExp, to: string): Promise<void> {
  const path = join(project, file);
  const text = await readFile(path, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  await writeFile(path, changed);
}

/** Resolves when the process of the next version has imported what it can: all processes sleep for a while. */
async function nextIsWarm(): Promise<void> {
  for (let idle = 0; idle < 20; idle++) {
    await sleep(20);
    const states = execFileSync('ps', ['-o', 'stat=', '-p', childrenOf(program).join()], { encoding: 'utf8' });
    if (states.includes('R')) idle = 0;
  }
}

/** Waits for a text, and takes it away, so that the next one can be waited for. */
async function saidOnce(pattern: RegExp): Promise<void> {
  const { index, 0: found } = await program.said(pattern);
  program.stdout = program.stdout.slice(0, index) + program.stdout.slice(index + found.length);
}

async function message(): Promise<string> {
  return (await ask(url, '{ quotes(count: 1) { message } }')).data.quotes.message;
}

async function signInWithFirstPassword(): Promise<void> {
  const [, mutation = '', variables = ''] = await program.said(/(mutation .*signIn.*)\n {2}with the variables (.*)/);
  expect((await ask(url, mutation, JSON.parse(variables))).data.signIn.userErrors).toEqual([]);
}

async function stop(): Promise<void> {
  program.pressCtrlC();
  expect(await program.exit()).toMatchObject({ code: 0 });
  expect(await postgresOf(join(project, 'data'))).toEqual([]);
}
