import { readFile, writeFile } from 'node:fs/promises';

export { type ApplicationOptions, applicationFiles } from './application.ts';

/**
 * Writes generated files, or checks that they are up to date.
 * @returns the paths of stale files; none if they were written
 */
export async function writeGenerated(
  files: Readonly<Record<string, () => Promise<string>>>,
  { isCheck }: { isCheck: boolean },
): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, generate] of Object.entries(files)) {
    const text = await generate();
    if (!isCheck) await writeFile(file, text);
    else if (text !== (await readFile(file, 'utf8').catch(() => ''))) stale.push(file);
  }
  return stale;
}
