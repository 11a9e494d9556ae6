import { readFile, writeFile } from 'node:fs/promises';

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
 * Writes generated files, or checks that they are up to date.
 * @returns the paths of stale files; none if they were written
 */
export async function writeGenerated(files: Generators, { isCheck }: { isCheck: boolean }): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, generate] of Object.entries(files)) {
    const text = await generate();
    if (text === (await readFile(file, 'utf8').catch(() => ''))) continue;
    if (isCheck) stale.push(file);
    else await writeFile(file, text);
  }
  return stale;
}
