import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { introspect } from '../codegen/introspect.ts';
import { nameStructure, parseStructure, printStructure, type Structure } from '../codegen/structure.ts';
import { inStep, type OnStep } from '../step.ts';
import { appFiles } from './app-files.ts';
import { assertEmpty } from './assert-empty.ts';
import { differencesOf } from './differences.ts';
import { type Files, STRUCTURE } from './files.ts';
import { type Model, toModel } from './model.ts';
import { type ProjectOptions, projectFiles } from './project-files.ts';
import { printSdl } from './sdl.ts';
import { type ServiceFile, toServiceFile, toServiceModel } from './services.ts';
import { testFiles } from './test-files.ts';
import { type Report, readText, writeFiles } from './write-files.ts';

const SERVICES = 'services';

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
  const former = known === undefined ? undefined : parseStructure(known);
  const schemas = options.schemas ?? former?.schemas ?? ['public'];
  const structure = await inStep(onStep, 'database', async (report) => {
    const found = nameStructure(await introspect(databaseUrl, schemas, former?.keys), schemas, former);
    report(`${found.tables.length} tables in ${schemas.join(', ')}`);
    return found;
  });
  return inStep(onStep, 'files', async (report) => {
    const services = join(directory, SERVICES);
    const formerServices = await readServices(services);
    const given = await Promise.all(
      options.openapi.map(async (path) => ({ file: toServiceFile(path), text: await readFile(path, 'utf8') })),
    );
    const all = [...formerServices.filter(({ file }) => !given.some((it) => it.file === file)), ...given];
    const before = former ? filesOf(options, former, formerServices) : {};
    const written = await writeFiles(directory, before, filesOf(options, structure, all));
    if (given.length > 0) await mkdir(services, { recursive: true });
    for (const { file, text } of given) await writeFile(join(services, file), text);
    await writeFile(join(directory, STRUCTURE), printStructure(structure));
    report(`${written.added.length} new, ${written.changed.length} changed`);
    const differences = former ? differencesOf(former, structure) : [];
    return { ...written, differences, leftOut: modelOf(structure, all).leftOut };
  });
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

/** The OpenAPI files that the project has. */
async function readServices(folder: string): Promise<ServiceFile[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => /\.openapi\./.test(file)).sort();
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(folder, file), 'utf8') })));
}
