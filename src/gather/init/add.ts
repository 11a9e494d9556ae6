import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capitalise, toListName } from '../codegen/names.ts';
import { printQueryField } from './app-files.ts';
import { STRUCTURE } from './files.ts';
import { InitError } from './init-error.ts';
import type { TypeModel } from './model.ts';
import { printRootField, printTypeParts } from './sdl.ts';
import { printTest } from './test-files.ts';
import { readText, writeFiles } from './write-files.ts';

/** What `gather add` can add. */
export const PARTS = ['type', 'task', 'mutation'] as const;
export type Part = (typeof PARTS)[number];

/** A line or more to insert in a file of the project, after a place that every project has. */
interface Insertion {
  file: string;
  after: RegExp;
  text: string;
}

interface Addition {
  /** New files, by path. */
  files: Readonly<Record<string, string>>;
  insertions: readonly Insertion[];
}

/** What was written, and what a person has to insert where. */
export interface AddReport {
  written: string[];
  todo: string[];
}

const NAMES = { type: /^[A-Z][A-Za-z0-9]*$/, task: /^[a-z][A-Za-z0-9]*$/, mutation: /^[a-z][A-Za-z0-9]*$/ };
/** The end of a file. */
const END = /$/;
const EXAMPLES = { type: 'Reservation', task: 'remind', mutation: 'lendBook' };

/**
 * Adds a part to the project in a directory: a file, its test, and the lines that name it elsewhere.
 * @throws InitError for a name that the part cannot have or that is taken, and in a directory without a project
 */
export async function addPart(directory: string, part: Part, name: string): Promise<AddReport> {
  if (!NAMES[part].test(name)) throw new InitError(`Expected a name like ${EXAMPLES[part]}, got "${name}".`);
  const addition = await toAddition(directory, part, name);
  const [taken] = await findFiles(directory, Object.keys(addition.files));
  if (taken !== undefined) throw new InitError(`${taken} is there already.`);
  const { added } = await writeFiles(directory, {}, addition.files);
  const report: AddReport = { written: added, todo: [] };
  for (const insertion of addition.insertions) {
    if (await insert(directory, insertion)) report.written.push(insertion.file);
    else report.todo.push(`${insertion.file}:\n${insertion.text}`);
  }
  return report;
}

async function toAddition(directory: string, part: Part, name: string): Promise<Addition> {
  if ((await readText(join(directory, 'src/index.ts'))) === undefined) {
    throw new InitError(`Expected a project of \`gather new\` or \`gather init\` in ${directory}, found none.`);
  }
  if (part === 'mutation') return toMutation(name);
  if (part === 'task') return toTask(name);
  if ((await readText(join(directory, STRUCTURE))) !== undefined) {
    throw new InitError(
      `The tables of this project belong to a database: create one there, and run \`gather init\` again.`,
    );
  }
  const migrations = (await readdir(join(directory, 'src/migrations'))).filter((file) => /^\d+-/.test(file));
  return toType(name, String(migrations.length + 1).padStart(4, '0'));
}

function toType(name: string, number: string): Addition {
  const table = name.charAt(0).toLowerCase() + name.slice(1);
  const many = toListName(name);
  const type: TypeModel = {
    name,
    table,
    description: `A row of ${table}.`,
    fields: [{ kind: 'column', name: 'name', type: 'String!', isText: true, description: undefined }],
    key: ['id'],
    many,
  };
  const create = `create${capitalise(many)}`;
  return {
    files: {
      [`src/migrations/${number}-${table}.ts`]: `import type { AppMigration } from 'gather';
import { sql } from 'kysely';

export const ${create}: AppMigration = async (database) => {
  await sql\`
    create table "${table}" (
      id bigint generated always as identity primary key,
      name text not null
    )\`.execute(database);
};
`,
      [`src/types/${name}.ts`]: `import { defineType } from 'gather';

/** Its fields that are no columns, each with its source. */
export const ${name} = defineType('${name}', {});
`,
      [`test/${name}.test.ts`]: printTest(type, `await app.ask(\`insert into "${table}" (name) values ('One')\`);`),
    },
    insertions: [
      { file: 'schema.graphql', after: /^type Query \{\n(?:.*\n)*?(?=\})/m, text: `${printRootField(type)}\n` },
      { file: 'schema.graphql', after: END, text: `\n${printTypeParts(type, []).join('\n\n')}\n` },
      { file: 'src/tables.ts', after: /^export const types = \{\n(?:.*\n)*?(?=\})/m, text: `  ${name}: '${table}',\n` },
      { file: 'src/types/index.ts', after: END, text: `export { ${name} } from './${name}.ts';\n` },
      { file: 'src/Query.ts', after: /^export const Query = .*\{\n(?:.*\n)*?(?=\})/m, text: printQueryField(type) },
      {
        file: 'src/migrations/index.ts',
        after: /^export const migrations.*\{\n(?:.*\n)*?(?=\})/m,
        text: `  '${number}-${table}': ${create},\n`,
      },
      { file: 'src/migrations/index.ts', after: /^/, text: `import { ${create} } from './${number}-${table}.ts';\n` },
    ],
  };
}

function toMutation(name: string): Addition {
  const type = capitalise(name);
  return {
    files: {
      [`src/mutations/${name}.ts`]: `import { runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

/** The rules of \`${type}Input\`. */
const Input = z.object({ text: z.string().min(1, 'Expected a text, got an empty one.') });

export const ${name}: MutationResolvers['${name}'] = (_, { input }, context) =>
  runMutation(context, { text: null }, async () => {
    const { text } = Input.parse(input);
    return { text };
  });
`,
      [`test/${name}.test.ts`]: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedIn } from 'gather/testing';
import { app } from './app.ts';

const MUTATION = 'mutation ($input: ${type}Input!) { ${name}(input: $input) { text userErrors { message field } } }';

test('${name} is for STAFF, and refuses an empty text', async () => {
  const staff = { viewer: signedIn('STAFF') };
  const done = await app.query(MUTATION, { input: { text: 'One' } }, staff);
  assert.deepEqual(done.data.${name}, { text: 'One', userErrors: [] });
  const refused = await app.query(MUTATION, { input: { text: '' } }, staff);
  assert.deepEqual(refused.data.${name}.userErrors, [{ message: 'Expected a text, got an empty one.', field: ['text'] }]);
  const { errors } = await app.query(MUTATION, { input: { text: 'One' } }, { viewer: signedIn('MEMBER') });
  assert.equal(errors?.[0]?.extensions?.['code'], 'FORBIDDEN');
});
`,
    },
    insertions: [
      {
        file: 'schema.graphql',
        after: /^type Mutation \{\n(?:.*\n)*?(?=\})/m,
        text: `  ${name}(input: ${type}Input!): ${type}Payload @auth(requires: STAFF)\n`,
      },
      {
        file: 'schema.graphql',
        after: END,
        text: `
input ${type}Input {
  text: String!
}

type ${type}Payload {
  text: String
  userErrors: [UserError!]!
}
`,
      },
      { file: 'src/mutations/index.ts', after: END, text: `export { ${name} } from './${name}.ts';\n` },
      ...ONCE.mutation,
    ],
  };
}

function toTask(name: string): Addition {
  return {
    files: {
      [`src/tasks/${name}.ts`]: `import { defineTask } from 'gather';
import * as z from 'zod';

/** \`jobs.enqueue(${name}, { text })\` runs it in the background. */
export const ${name} = defineTask({
  name: '${name}',
  input: z.object({ text: z.string() }),
  attempts: 3,
  backoffSeconds: 10,
  timeoutMs: 30_000,
  concurrency: 5,
  run: async ({ text }) => ({ text }),
});
`,
      [`test/${name}.test.ts`]: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ${name} } from '../src/tasks/${name}.ts';

test('${name} returns its text', async () => {
  assert.deepEqual(await ${name}.perform({ text: 'One' }, {} as never), { text: 'One' });
});
`,
    },
    insertions: [
      { file: 'src/tasks/index.ts', after: END, text: `export { ${name} } from './${name}.ts';\n` },
      ...ONCE.task,
    ],
  };
}

/** The lines by which `src/index.ts` has all parts of a kind. */
const ONCE: Readonly<Record<Exclude<Part, 'type'>, readonly Insertion[]>> = {
  mutation: [
    {
      file: 'src/index.ts',
      after: /^import (?=\{ Query \})/m,
      text: "* as Mutation from './mutations/index.ts';\nimport ",
    },
    { file: 'src/index.ts', after: /resolvers: \{ Query,/, text: ' Mutation,' },
  ],
  task: [
    {
      file: 'src/index.ts',
      after: /^import (?=\* as resolvers)/m,
      text: "* as tasks from './tasks/index.ts';\nimport ",
    },
    { file: 'src/index.ts', after: /^ {2}types,\n/m, text: '  tasks: Object.values(tasks),\n' },
  ],
};

/** Inserts the text, unless it is there. @returns whether it is */
async function insert(directory: string, { file, after, text }: Insertion): Promise<boolean> {
  const path = join(directory, file);
  const found = (await readText(path)) ?? '';
  if (found.includes(text)) return true;
  const place = after.exec(found);
  if (!place) return false;
  const at = place.index + place[0].length;
  await writeFile(path, found.slice(0, at) + text + found.slice(at));
  return true;
}

async function findFiles(directory: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(async (path) => [path, await readText(join(directory, path))] as const));
  return found.filter(([, text]) => text !== undefined).map(([path]) => path);
}
