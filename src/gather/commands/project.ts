import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { basename, dirname, relative } from 'node:path';
import { InitError } from '../init/init-error.ts';
import type { ProjectOptions } from '../init/project-files.ts';
import { CommandError, MisuseError } from './command.ts';

/** The one argument of a command. @throws MisuseError */
export function oneDirectory(command: string, args: readonly string[]): string {
  const [directory, ...others] = args;
  if (directory !== undefined && others.length === 0) return directory;
  throw new MisuseError(`Expected one directory after ${command}, got "${args.join(' ')}".`);
}

/** What a project in this directory is called, and the versions of its packages that Gather is tested with. */
export function optionsFor(directory: string): ProjectOptions {
  return { name: basename(directory), versionOf: (name) => versionFrom(directory, name) };
}

/** Shows an error that the user can mend without a stack. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof InitError ? new CommandError(error.message, { cause: error }) : error;
  }
}

/** Gather itself is a path, of a checkout or of an installed package: another package has its name in npm's registry. */
function versionFrom(directory: string, name: string): string {
  const file = findPackageJSON(import.meta.url) ?? '';
  if (name === 'gather') return `file:${relative(directory, dirname(file))}`;
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(file, 'utf8'));
  const found = { ...dependencies, ...peerDependencies }[name];
  if (typeof found === 'string') return found;
  throw new Error(`Expected a version of ${name} in ${file}, found none.`);
}
