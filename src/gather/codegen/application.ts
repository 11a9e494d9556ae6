import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildASTSchema, parse } from 'graphql';
import type { AppMigration } from '../database/schemas.ts';
import { AppError } from '../errors.ts';
import { enumLabels } from '../graphql/enum-labels.ts';
import { findSdlFaults } from '../graphql/sdl.ts';
import type { TypeRegistry } from '../graphql/types.ts';
import { withPackage } from '../packages.ts';
import type { DeclaredKeys } from './introspect.ts';
import { withMigratedDatabase } from './migrated-database.ts';
import { ENGINE_SCHEMA, printDatabase, toTypeName } from './print-database.ts';

/** The sources of an application's generated modules, and where they go. Paths are relative to the working directory. */
export interface ApplicationOptions {
  /** The directory of the generated files. */
  out: string;
  /** The SDL. */
  schema: string;
  /** The table of each type that has one. */
  types: TypeRegistry;
  /** The parents of types without a table: `module#Type`, relative to `out`. */
  parents?: Readonly<Record<string, string>>;
  /** The migrations that make its tables, which are then run on an empty database. */
  migrations?: Readonly<Record<string, AppMigration>>;
  /** `database.json`, which `gather init` writes, of an application whose tables belong to somebody else. */
  structure?: string;
  /** The PostgreSQL schemas of its tables. Tables of the first have unqualified names. @default ['public'] */
  schemas?: readonly [string, ...string[]];
  /**
   * The columns of the keys of views, which are left out without one, and of tables without a unique key, by
   * `schema.name`: `{ 'public.best_sellers': ['book_id'] }`.
   */
  keys?: DeclaredKeys;
  /** A glob of the OpenAPI files of its services: `services/*.openapi.yaml`. Each has the name of its service. */
  services?: string;
  /** A glob of the documents that its own pages send. */
  documents?: string;
}

/** Generators of an application's modules, by path. */
export function applicationFiles(options: ApplicationOptions): Record<string, () => Promise<string>> {
  const { out, services, documents } = options;
  return {
    [`${out}/database.ts`]: () => generateDatabase(options),
    [`${out}/schema.ts`]: () => generateTypes(options),
    ...(services && {
      [`${out}/services.ts`]: async () => {
        const { generateServices } = await withPackage(import('./services.ts'));
        return generateServices(await filesOf(services));
      },
    }),
    ...(documents && {
      [`${out}/documents.json`]: async () => {
        const { generateManifest } = await withPackage(import('./manifest.ts'));
        return generateManifest(await readAll(documents));
      },
    }),
  };
}

const REGISTER = `
declare module 'gather' {
  interface Register {
    tables: Tables;
    definitions: typeof tables;
    rowLoaders: typeof rowLoaders;
  }
}
`;

async function generateDatabase(options: ApplicationOptions): Promise<string> {
  const { migrations = {}, schemas = ['public'], keys } = options;
  if (options.structure !== undefined) {
    const { parseStructure } = await withPackage(import('./structure.ts'));
    const structure = parseStructure(await readFile(options.structure, 'utf8'));
    return printDatabase(structure, { schema: structure.schemas[0] }).text + REGISTER;
  }
  const { introspect } = await withPackage(import('./introspect.ts'));
  return withMigratedDatabase({ engineSchema: ENGINE_SCHEMA, migrations }, async (databaseUrl) => {
    const { text } = printDatabase(await introspect(databaseUrl, schemas, keys), { schema: schemas[0] });
    return text + REGISTER;
  });
}

async function generateTypes({ out, schema, types, parents = {} }: ApplicationOptions): Promise<string> {
  const { connectionMappers, generateSchemaTypes } = await withPackage(import('./schema-types.ts'));
  const sdl = await readFile(schema, 'utf8');
  assertValid(sdl, schema);
  const { tables } = await importDatabase(`${out}/database.ts`);
  const rowOf = (type: string) => `${toTypeName(types[type] ?? '')}Row`;
  const names = Object.keys(types);
  const mappers = {
    Job: 'gather#JobRow',
    StoredFile: 'gather#FileRow',
    Upload: 'gather#NewUpload',
    Schedule: 'gather#Schedule as ScheduleParent',
    User: 'gather#SignedIn',
    Node: 'gather#NodeParent',
    ...Object.fromEntries(names.map((name) => [name, `./database.ts#${rowOf(name)}`])),
    ...connectionMappers(names, 'gather', rowOf),
    ...connectionMappers(['Job'], 'gather', () => 'JobRow'),
    ...parents,
  };
  const text = await generateSchemaTypes({
    sdl,
    mappers,
    contextType: 'gather#Context',
    fileType: 'gather#FileUpload',
    idType: 'gather#GlobalId',
    enumValues: enumLabels(
      buildASTSchema(parse(sdl), { assumeValidSDL: true }),
      (type) => tables[types[type] ?? '']?.labels,
    ),
  });
  const enums = [
    '    role: Role;',
    // An SDL without user errors has none.
    ...(text.includes('export type ErrorCode =') ? ['    errorCode: ErrorCode;'] : []),
  ];
  return `${text}
declare module 'gather' {
  interface Register {
    resolvers: Resolvers;
    schemaTypes: ResolversTypes;
    types: ${JSON.stringify(types)};
${enums.join('\n')}
  }
}
`;
}

/** @throws AppError naming every fault of an SDL */
function assertValid(sdl: string, file: string): void {
  const faults = findSdlFaults(sdl, file);
  if (faults.length > 0)
    throw new AppError('The SDL is not valid. Correct it, and run `npm run codegen` again', faults);
}

/** What types of resolvers need of the generated definitions. */
type GeneratedTables = {
  readonly [Table in string]?: { readonly labels?: { readonly [Column in string]?: readonly string[] } };
};

/** The definitions that were generated before. */
async function importDatabase(file: string): Promise<{ tables: GeneratedTables }> {
  return import(pathToFileURL(resolve(file)).href);
}

async function readAll(pattern: string): Promise<string[]> {
  return Promise.all((await filesOf(pattern)).map((file) => readFile(file, 'utf8')));
}

async function filesOf(pattern: string): Promise<string[]> {
  return (await Array.fromAsync(glob(pattern))).sort();
}
