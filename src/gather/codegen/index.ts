import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../errors.ts';

export { type ApplicationOptions, applicationFiles } from './application.ts';
export { guessBulk } from './openapi/guess-bulk.ts';
export { readContract, type ServiceContract } from './openapi/read-contract.ts';

type Generators = Readonly<Record<string, () => Promise<string>>>;

const FROM_DATABASE = /(^|\/)(database|engine-tables\.generated)\.ts$/;

/** The generators that need no migrated database. */
export function withoutDatabase(files: Generators): Generators {
  return Object.fromEntries(Object.entries(files).filter(([file]) => !FROM_DATABASE.test(file)));
}

/**
 * Writes the generated files; with `--check` on the command line, says which are stale, and fails if any is. Says what is
 * wrong with an invalid SDL.
 */
export async function runCodegen(files: Generators): Promise<void> {
  try {
    const stale = await writeGenerated(files, { isCheck: process.argv.includes('--check') });
    for (const file of stale) console.error(`${file} is stale. Run \`npm run codegen\`.`);
    if (stale.length > 0) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * Writes generated files, or checks that they are up to date.
 * @returns the paths of stale files; none if they were written
 */
export async function writeGenerated(files: Generators, { isCheck }: { isCheck: boolean }): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, generate] of Object.entries(files)) {
    const text = await generate();
    if (text === (await readFile(file, 'utf8').catch(() => ''))) continue;
    if (isCheck) stale.push(file);
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
  return stale;
}
