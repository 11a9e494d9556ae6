import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Versions of packages by name. */
type Versions = Readonly<Record<string, string>>;

/** The parts of Gather's package.json that it reads itself. */
interface Manifest {
  version: string;
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
  peerDependencies?: Versions;
}

/** A package that only some applications need is not installed. Its message says what to install. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';

  constructor(name: string, cause: unknown) {
    const version = versionOf(name);
    super(`The package ${name} is not installed: npm install ${name}${version ? `@${version}` : ''}`, { cause });
  }
}

/** The version of Gather. */
export function gatherVersion(): string {
  return readManifest().version;
}

/**
 * Waits for the import of what only some applications need: `withPackage(import('sharp'))`.
 * @throws MissingPackageError
 */
export async function withPackage<Module>(importing: Promise<Module>): Promise<Module> {
  return importing.catch((error) => {
    throw toMissing(error);
  });
}

/** Checks that a package is installed, without loading it. @throws MissingPackageError */
export function assertInstalled(name: string): void {
  try {
    import.meta.resolve(name);
  } catch (error) {
    throw toMissing(error);
  }
}

/** An error of an import, as one that says what to install if a package is missing. */
function toMissing(error: unknown): unknown {
  const [, name] =
    /^Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(error instanceof Error ? error.message : '') ?? [];
  return name === undefined ? error : new MissingPackageError(name, error);
}

/** The version that Gather is tested with. */
function versionOf(name: string): string | undefined {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = readManifest();
  const versions: Versions = { ...devDependencies, ...dependencies, ...optionalDependencies, ...peerDependencies };
  return versions[name]?.replace('^', '');
}

function readManifest(): Manifest {
  const file = findPackageJSON(import.meta.url);
  if (file === undefined) throw new Error(`Expected a package.json above ${import.meta.url}.`);
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}
