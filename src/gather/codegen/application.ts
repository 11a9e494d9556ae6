import { glob, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildASTSchema, parse } from 'graphql';
import type { AppMigration } from '../database/schemas.ts';
import { enumLabels } from '../graphql/enum-labels.ts';
import type { TypeRegistry } from '../graphql/types.ts';
import { type DeclaredKeys, introspect } from './introspect.ts';
import { generateManifest } from './manifest.ts';
import { withMigratedDatabase } from './migrated-database.ts';
import { ENGINE_SCHEMA, printDatabase, toTypeName } from './print-database.ts';
import { connectionMappers, generateSchemaTypes } from './schema-types.ts';
import { generateServices } from './services.ts';

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
  migrations: Readonly<Record<string, AppMigration>>;
  /** The PostgreSQL schemas of its tables. Tables of the first have unqualified names. @default ['public'] */
  schemas?: readonly [string, ...string[]];
  /**
   * The columns of the keys of views, which are left out without one, and of tables without a unique key, by
   * `schema.name`: `{ 'public.best_sellers': ['book_id'] }`.
   */
  keys?: DeclaredKeys;
  /** The OpenAPI file of its services. */
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
      [`${out}/services.ts`]: async () => generateServices(await readFile(services, 'utf8'), basename(services)),
    }),
    ...(documents && { [`${out}/documents.json`]: async () => generateManifest(await readAll(documents)) }),
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

function generateDatabase({ migrations, schemas = ['public'], keys }: ApplicationOptions): Promise<string> {
  return withMigratedDatabase({ engineSchema: ENGINE_SCHEMA, migrations }, async (databaseUrl) => {
    const { text } = printDatabase(await introspect(databaseUrl, schemas, keys), { schema: schemas[0] });
    return text + REGISTER;
  });
}

async function generateTypes({ out, schema, types, parents = {} }: ApplicationOptions): Promise<string> {
  const sdl = await readFile(schema, 'utf8');
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
  return `${text}
declare module 'gather' {
  interface Register {
    resolvers: Resolvers;
    schemaTypes: ResolversTypes;
    types: ${JSON.stringify(types)};
    role: Role;
    errorCode: ErrorCode;
  }
}
`;
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
  const files = (await Array.fromAsync(glob(pattern))).sort();
  return Promise.all(files.map((file) => readFile(file, 'utf8')));
}
