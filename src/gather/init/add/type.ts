import { capitalise, toListName } from '../../codegen/names.ts';
import { printQueryFields } from '../app-files.ts';
import type { TypeModel } from '../model.ts';
import { printRootFields, printTypeParts } from '../sdl.ts';
import { printTest } from '../test-files.ts';
import { type Addition, END } from './addition.ts';

/** A table with a name, its type, and lists of it. @param number that of the migration: `0001` */
export function toType(name: string, number: string): Addition {
  const table = name.charAt(0).toLowerCase() + name.slice(1);
  const list = toListName(name);
  const many = list === table ? `${list}List` : list;
  const type: TypeModel = {
    name,
    table,
    description: `A row of ${table}.`,
    fields: [{ kind: 'column', name: 'name', type: 'String!', isText: true, description: undefined }],
    key: ['id'],
    unique: [],
    one: table,
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
      { file: 'schema.graphql', after: /^type Query \{\n(?:.*\n)*?(?=\})/m, text: `${printRootFields(type)}\n` },
      {
        file: 'schema.graphql',
        after: END,
        text: `\n${printTypeParts(type, { types: [type], enums: [] }).join('\n\n')}\n`,
      },
      { file: 'src/tables.ts', after: /^export const types = \{\n(?:.*\n)*?(?=\})/m, text: `  ${name}: '${table}',\n` },
      { file: 'src/types/index.ts', after: END, text: `export { ${name} } from './${name}.ts';\n` },
      { file: 'src/Query.ts', after: /^export const Query = .*\{\n(?:.*\n)*?(?=\})/m, text: printQueryFields(type) },
      { file: 'src/Query.ts', after: /^import \{ connectionOf, defineType/, text: ', findBy' },
      {
        file: 'src/migrations/index.ts',
        after: /^export const migrations.*\{\n(?:.*\n)*?(?=\})/m,
        text: `  '${number}-${table}': ${create},\n`,
      },
      { file: 'src/migrations/index.ts', after: /^/, text: `import { ${create} } from './${number}-${table}.ts';\n` },
    ],
  };
}
