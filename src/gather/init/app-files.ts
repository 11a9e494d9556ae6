import { literal } from '../codegen/literal.ts';
import type { Bulk } from '../services/bulk.ts';
import type { Files } from './files.ts';
import type { FieldModel, Model, TypeModel } from './model.ts';
import type { ServiceModel } from './services.ts';

/** Where the tables of an application come from: its own migrations, or a database of somebody else. */
export type Origin = 'migrations' | 'structure';

/** The TypeScript of an application: the declaration, and a short file for each type. */
export function appFiles(name: string, { types, services }: Pick<Model, 'types' | 'services'>, origin: Origin): Files {
  const declared = types.filter(({ fields }) => fields.some(isDeclared));
  return {
    'src/main.ts': MAIN,
    'src/index.ts': printIndex(name, origin, services.length > 0),
    ...(services.length > 0 && { 'src/services/index.ts': printServices(services) }),
    'src/Query.ts': printQuery(types),
    'src/tables.ts': printTables(types),
    'src/types/index.ts': printContents(declared.map((type) => type.name)),
    ...Object.fromEntries(declared.map((type) => [`src/types/${type.name}.ts`, printType(type)])),
  };
}

const MAIN = `import { runCommand } from 'gather/commands';
import { app } from './index.ts';

await runCommand(app, process.argv.slice(2));
`;

function printIndex(name: string, origin: Origin, hasServices: boolean): string {
  const isOwn = origin === 'migrations';
  return `import { defineApp } from 'gather';
import { rowLoaders, tables } from './generated/database.ts';
${isOwn ? "import { migrations } from './migrations/index.ts';\n" : ''}import { Query } from './Query.ts';
${hasServices ? "import { services } from './services/index.ts';\n" : ''}import { types } from './tables.ts';
import * as resolvers from './types/index.ts';

export const app = defineApp({
  name: ${literal(name)},
  schema: new URL('../schema.graphql', import.meta.url),
  database: { tables, rowLoaders },
  types,
  resolvers: { Query, ...resolvers },
${hasServices ? '  services,\n' : ''}${isOwn ? '  migrations,\n' : ''}});
`;
}

/** A table of contents. */
function printContents(names: readonly string[]): string {
  return `${names.map((name) => `export { ${name} } from './${name}.ts';`).join('\n') || 'export {};'}\n`;
}

function printQuery(types: readonly TypeModel[]): string {
  const finder = types.some(({ one }) => one !== undefined) ? ', findBy' : '';
  return `import { connectionOf, defineType${finder} } from 'gather';

export const Query = defineType('Query', {
${types.map(printQueryFields).join('')}});
`;
}

/** The sources of the fields of Query with one row of a type, and with a list. */
export function printQueryFields({ one, many, table, key }: TypeModel): string {
  const row = one === undefined ? '' : `  ${one}: findBy(${literal(table)}),\n`;
  return `${row}  ${many}: connectionOf(${literal(table)}, { orderBy: ${printOrder(key)} }),\n`;
}

/** `{ filmId: 'asc' }`. */
function printOrder(key: readonly string[]): string {
  return `{ ${key.map((column) => `${column}: 'asc'`).join(', ')} }`;
}

/** `src/services/index.ts`. */
export function printServices(services: readonly ServiceModel[]): string {
  return `import { defineService } from 'gather';
import { contracts } from '../generated/services.ts';

// \`bulk\` says how values are read by key. It was guessed from the shapes of the operations: correct it where it is wrong.
${services.map(printService).join('\n')}
export const services = { ${services.map(({ name }) => name).join(', ')} };

declare module 'gather' {
  interface Register {
    services: typeof services;
  }
}
`;
}

/** The declaration of a service. */
export function printService({ name, bulk }: ServiceModel): string {
  const lines = Object.entries(bulk).map(([operation, it]) => `    ${operation}: ${printBulk(it)},\n`);
  const options = lines.length === 0 ? '' : `, {\n  bulk: {\n${lines.join('')}  },\n}`;
  return `const ${name} = defineService(contracts.${name}${options});\n`;
}

function printBulk(bulk: Bulk): string {
  const parts = Object.entries(bulk).map(
    ([name, value]) => `${name}: ${typeof value === 'number' ? value : literal(value)}`,
  );
  return `{ ${parts.join(', ')} }`;
}

function printTables(types: readonly TypeModel[]): string {
  const lines = types.map(({ name, table }) => `  ${name}: ${literal(table)},\n`);
  return `/** Which type of schema.graphql is which table. */
export const types = {
${lines.join('')}} as const;
`;
}

function printType({ name, fields }: TypeModel): string {
  const declared = fields.filter(isDeclared);
  const isUsed = (kind: FieldModel['kind']) => declared.some((field) => field.kind === kind);
  const imports = [
    ...(isUsed('one') ? ['belongsTo'] : []),
    'defineType',
    ...(isUsed('service') ? ['fromService'] : []),
    ...(isUsed('many') ? ['hasMany'] : []),
    ...(isUsed('pairs') ? ['manyToMany'] : []),
  ];
  return `import { ${imports.join(', ')} } from 'gather';

export const ${name} = defineType('${name}', {
${declared.map((field) => `  ${field.name}: ${printSource(field)},`).join('\n')}
});
`;
}

type Declared = Exclude<FieldModel, { kind: 'column' }>;

function isDeclared(field: FieldModel): field is Declared {
  return field.kind !== 'column';
}

function printSource(field: Declared): string {
  if (field.kind === 'service')
    return `fromService(${[field.service, field.operation].map(literal).join(', ')}, { by: ${literal(field.by)} })`;
  if (field.kind === 'pairs') {
    const { through, sides } = field;
    const more = sides ? `, by: ${printColumns(sides.by)}, to: ${printColumns(sides.to)}` : '';
    return `manyToMany(${literal(field.table)}, { through: ${literal(through)}${more} })`;
  }
  const by = printColumns(field.by);
  return field.kind === 'one'
    ? `belongsTo(${by})`
    : `hasMany(${literal(field.table)}, { by: ${by}, orderBy: ${printOrder(field.key)} })`;
}

/** One column, or several: `['storeId', 'number']`. */
function printColumns(columns: readonly string[]): string {
  const [column = '', ...others] = columns.map(literal);
  return others.length === 0 ? column : `[${[column, ...others].join(', ')}]`;
}
