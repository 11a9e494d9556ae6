import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { introspect } from './introspect.ts';
import { withMigratedDatabase } from './migrated-database.ts';
import { ENGINE_SCHEMA, printDatabase } from './print-database.ts';
import { connectionMappers, generateSchemaTypes } from './schema-types.ts';

/** Generators of the engine's own modules, by path. */
export const engineFiles = {
  'src/gather/database/engine-tables.generated.ts': generateTables,
  'src/gather/graphql/schema.generated.ts': generateTypes,
};

const SDL = fileURLToPath(new URL('../graphql/engine.graphql', import.meta.url));
const ROWS = '../database/engine-tables.generated.ts';

const mappers = {
  Job: `${ROWS}#JobRow`,
  StoredFile: `${ROWS}#FileRow`,
  Upload: '../files/uploads.ts#NewUpload',
  Schedule: '../jobs/schedules.ts#Schedule as ScheduleParent',
  User: '../viewer.ts#SignedIn',
  Node: './node.ts#NodeParent',
  ...connectionMappers(['Job'], '../database/connection.ts', () => 'JobRow'),
};

async function generateTables(): Promise<string> {
  return withMigratedDatabase({ engineSchema: ENGINE_SCHEMA, migrations: {} }, async (databaseUrl) => {
    const { tables, leftOut } = await introspect(databaseUrl, [ENGINE_SCHEMA]);
    const own = tables.filter(({ name }) => !/Migration(Lock)?$/.test(name));
    return printDatabase({ tables: own, leftOut }, { schema: ENGINE_SCHEMA, isEngine: true }).text;
  });
}

async function generateTypes(): Promise<string> {
  const sdl = await readFile(SDL, 'utf8');
  return generateSchemaTypes({
    sdl,
    mappers,
    contextType: '../context.ts#Context',
    fileType: '../http/incoming-file.ts#FileUpload',
    idType: '../database/column-types.ts#GlobalId',
  });
}
