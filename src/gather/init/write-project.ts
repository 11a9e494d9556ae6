import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { introspect } from '../codegen/introspect.ts';
import { nameStructure, parseStructure, printStructure, type Structure } from '../codegen/structure.ts';
import { inStep, type OnStep } from '../step.ts';
import { appFiles } from './app-files.ts';
import { assertEmpty } from './assert-empty.ts';
import { differencesOf } from './differences.ts';
import { type Files, STRUCTURE } from './files.ts';
import { type Model, toModel } from './model.ts';
import { nameFields, nameFormerFields } from './name-fields.ts';
import { type ProjectOptions, projectFiles } from './project-files.ts';
import { printSdl } from './sdl.ts';
import { readServiceFile, readServices, replacing, type ServiceFile, writeService } from './service-files.ts';
import { toServiceModel } from './services.ts';
import { testFiles } from './test-files.ts';
import { type Report, readText, writeFiles } from './write-files.ts';

/** The database, and the project to write for it. */
export interface InitOptions extends ProjectOptions {
  directory: string;
  databaseUrl: string;
  /** The PostgreSQL schemas; undefined for those of last time, or `public`. */
  schemas: readonly [string, ...string[]] | undefined;
  /** OpenAPI files of services to add or to replace. */
  openapi: readonly string[];
}

/** What was written, and what was not. */
export interface InitReport extends Report {
  /** What has changed in the database since last time. */
  differences: string[];
  /** What has no place in the API, with the reasons. */
  leftOut: readonly string[];
}

/**
 * Writes a project over a database, or brings one up to date with it.
 * @throws InitError if the directory has something else
 */
export async function writeProject(options: InitOptions, onStep: OnStep): Promise<InitReport> {
  const { directory, databaseUrl } = options;
  await mkdir(directory, { recursive: true });
  const known = await readText(join(directory, STRUCTURE));
  if (known === undefined) await assertEmpty(directory);
  const former = known === undefined ? undefined : readStructure(known);
  const schemas = options.schemas ?? former?.schemas ?? ['public'];
  const structure = await inStep(onStep, 'database', async (report) => {
    const all = await introspect(databaseUrl, schemas, former?.keys);
    const found = nameFields(nameStructure(all, schemas, former), former);
    report(`${found.tables.length} tables in ${schemas.join(', ')}`);
    return found;
  });
  return inStep(onStep, 'files', async (report) => {
    const formerServices = await readServices(directory);
    const given = await Promise.all(options.openapi.map((path) => readServiceFile(path)));
    const all = replacing(formerServices, given);
    const before = former ? filesOf(options, former, formerServices) : {};
    const written = await writeFiles(directory, before, filesOf(options, structure, all));
    for (const service of given) await writeService(directory, service);
    await writeFile(join(directory, STRUCTURE), printStructure(structure));
    report(`${written.added.length} new, ${written.changed.length} changed`);
    const differences = former ? differencesOf(former, structure) : [];
    return { ...written, differences, leftOut: modelOf(structure, all).leftOut };
  });
}

/**
 * Adds a service to a project over a database, which is not asked.
 * @returns undefined if this is no such project
 * @throws InitError for no OpenAPI file
 */
export async function addToProject(
  directory: string,
  service: ServiceFile,
  options: ProjectOptions,
): Promise<InitReport | undefined> {
  const known = await readText(join(directory, STRUCTURE));
  if (known === undefined) return undefined;
  const structure = readStructure(known);
  const before = await readServices(directory);
  const written = await writeFiles(
    directory,
    filesOf(options, structure, before),
    filesOf(options, structure, replacing(before, [service])),
  );
  const { leftOut } = toServiceModel(service, structure);
  return { ...written, added: [await writeService(directory, service), ...written.added], differences: [], leftOut };
}

/** The structure of last time. That of an older version had no names of fields. */
function readStructure(text: string): Structure {
  const structure = parseStructure(text);
  return structure.tables.some(({ many }) => many !== undefined) ? structure : nameFormerFields(structure);
}

function filesOf(options: ProjectOptions, structure: Structure, services: readonly ServiceFile[]): Files {
  const model = modelOf(structure, services);
  return {
    ...projectFiles(options, model, 'structure'),
    'schema.graphql': printSdl(model),
    ...appFiles(options.name, model, 'structure'),
    ...testFiles(model, 'structure'),
  };
}

function modelOf(structure: Structure, services: readonly ServiceFile[]): Model {
  return toModel(
    structure,
    services.map((service) => toServiceModel(service, structure)),
  );
}
