import { readdir } from 'node:fs/promises';
import { InitError } from './init-error.ts';

/** What the directory of a new project may have. */
const HARMLESS = ['.git', 'node_modules'];

/** @throws InitError if a directory has files */
export async function assertEmpty(directory: string): Promise<void> {
  const [other] = (await readdir(directory)).filter((name) => !HARMLESS.includes(name));
  if (other === undefined) return;
  throw new InitError(`Expected an empty directory, or a project of \`gather init\`; ${directory} has ${other}.`);
}
