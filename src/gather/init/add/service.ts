import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateServices } from '../../codegen/services.ts';
import { printService, printServices } from '../app-files.ts';
import { InitError } from '../init-error.ts';
import { type ProjectOptions, printSettings, printSettingsOf } from '../project-files.ts';
import { baseNameOf, readServiceFile, readServices, type ServiceFile } from '../service-files.ts';
import { type ServiceModel, toServiceModel } from '../services.ts';
import { printServiceTest } from '../test-files.ts';
import { readText } from '../write-files.ts';
import { addToProject } from '../write-project.ts';
import { type AddReport, assertProject, write } from './add.ts';
import { type Addition, END } from './addition.ts';

const NAME = /^[a-z][A-Za-z0-9]*$/;
const DECLARATIONS = 'src/services/index.ts';
const README = 'README.md';
const CONTRACTS = 'src/generated/services.ts';

/**
 * Adds a service to the project in a directory: its OpenAPI file, its declaration and its test. In a project over a database,
 * also the fields of types that it seems to have values for.
 * @param openapi the OpenAPI file, anywhere
 * @throws InitError for a name that is taken or that a service cannot have, for another file, and without a project
 */
export async function addService(
  directory: string,
  name: string,
  openapi: string,
  options: ProjectOptions,
): Promise<AddReport> {
  if (!NAME.test(name)) throw new InitError(`Expected a name like ratings, got "${name}".`);
  await assertProject(directory);
  const known = (await readServices(directory)).find(({ file }) => baseNameOf(file) === name);
  if (known) throw new InitError(`services/${known.file} is there already.`);
  const file = await readServiceFile(openapi, name);
  const report = await addFile(directory, file, options);
  // The declaration imports the contract, and each command of the project the declaration.
  await writeContracts(directory);
  return { ...report, written: [...report.written, CONTRACTS] };
}

async function addFile(directory: string, file: ServiceFile, options: ProjectOptions): Promise<AddReport> {
  const report = await addToProject(directory, file, options);
  if (report) return { written: [...report.added, ...report.changed], todo: report.kept, leftOut: report.leftOut };
  const service = toServiceModel(file, { tables: [] });
  const isFirst = (await readText(join(directory, DECLARATIONS))) === undefined;
  return { ...(await write(directory, toAddition(file, service, isFirst))), leftOut: service.leftOut };
}

async function writeContracts(directory: string): Promise<void> {
  const files = await readServices(directory);
  const path = join(directory, CONTRACTS);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await generateServices(files.map(({ file }) => join(directory, 'services', file))));
}

function toAddition({ file, text }: ServiceFile, service: ServiceModel, isFirst: boolean): Addition {
  const { name } = service;
  return {
    files: {
      [`services/${file}`]: text,
      ...(isFirst && { [DECLARATIONS]: printServices([service]) }),
      [`test/${name}.test.ts`]: printServiceTest(service, []),
    },
    insertions: isFirst
      ? [
          {
            file: 'src/index.ts',
            after: /^import (?=\{ types \})/m,
            text: "{ services } from './services/index.ts';\nimport ",
          },
          { file: 'src/index.ts', after: /^ {2}resolvers: .*\n/m, text: '  services,\n' },
          { file: 'codegen.ts', after: /^ {4}types,\n/m, text: "    services: 'services/*.openapi.*',\n" },
          { file: README, after: END, text: printSettingsOf([service]) },
        ]
      : [
          { file: DECLARATIONS, after: /^(?=export const services)/m, text: `${printService(service)}\n` },
          { file: DECLARATIONS, after: /^export const services = \{.*(?= \};)/m, text: `, ${name}` },
          { file: README, after: /^\| setting \| \|\n(?:\|.*\n)*/m, text: printSettings(service) },
        ],
  };
}
