import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InitError } from './init-error.ts';
import { readText } from './write-files.ts';

/** An OpenAPI file for the folder `services` of the project. */
export interface ServiceFile {
  /** Its name there: `ratings.openapi.yaml`. */
  file: string;
  /** Where it was read. */
  path: string;
  text: string;
}

const FOLDER = 'services';
const EXTENSION = /(?:\.openapi)?\.(json|ya?ml)$/;

/**
 * Reads an OpenAPI file from anywhere.
 * @param name of the service @default that of the file
 * @throws InitError if there is none
 */
export async function readServiceFile(path: string, name?: string): Promise<ServiceFile> {
  const extension = EXTENSION.exec(path)?.[1];
  if (extension === undefined) throw new InitError(`Expected an OpenAPI file in JSON or YAML, got "${path}".`);
  const text = await readText(path);
  if (text === undefined) throw new InitError(`Expected an OpenAPI file at ${path}, found none.`);
  return { file: `${name ?? baseNameOf(path)}.openapi.${extension}`, path, text };
}

/** The name of a file without its extensions: `ratings` for `../ratings.openapi.yaml`. */
export function baseNameOf(path: string): string {
  return basename(path).replace(EXTENSION, '');
}

/** The OpenAPI files that a project has, in alphabetical order. */
export async function readServices(directory: string): Promise<ServiceFile[]> {
  const folder = join(directory, FOLDER);
  const files = (await readdir(folder).catch(() => [])).filter((file) => /\.openapi\./.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      return { file, path: `${FOLDER}/${file}`, text: await readFile(join(folder, file), 'utf8') };
    }),
  );
}

/** Copies an OpenAPI file into a project. @returns its path there */
export async function writeService(directory: string, { file, text }: ServiceFile): Promise<string> {
  await mkdir(join(directory, FOLDER), { recursive: true });
  await writeFile(join(directory, FOLDER, file), text);
  return `${FOLDER}/${file}`;
}

/** These files, with those that are new in place of others of the same name. */
export function replacing(files: readonly ServiceFile[], given: readonly ServiceFile[]): ServiceFile[] {
  const others = files.filter(({ file }) => !given.some((it) => it.file === file));
  return [...others, ...given].sort((a, b) => (a.file < b.file ? -1 : 1));
}
