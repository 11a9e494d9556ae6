import { registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const IN_NODE_MODULES = '/node_modules/';
/** `kysely`, `gather/commands`, and neither `./types.ts` nor a URL or path. */
const NAME_OF_PACKAGE = /^(?![./]|[a-z]+:)/;
const packages = new Set<string>();
const folders = new Set<string>();

/** Records what the program imports, from now on. */
export function recordImports(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const { url } = resolved;
      if (!url.startsWith('file:') || context.parentURL?.includes(IN_NODE_MODULES)) return resolved;
      if (NAME_OF_PACKAGE.test(specifier)) packages.add(url);
      if (!url.includes(IN_NODE_MODULES)) folders.add(dirname(fileURLToPath(url)));
      return resolved;
    },
  });
}

/** The URLs of the modules that were imported by the name of their package. */
export function importedPackages(): string[] {
  return [...packages];
}

/** The folders of the modules that were imported from elsewhere than `node_modules`. */
export function importedFolders(): string[] {
  return [...folders];
}

/** Whether a module of a package is part of the sources that `dev` watches: the engine beside its sample, a workspace. */
export function isSource(url: string): boolean {
  return !url.includes(IN_NODE_MODULES);
}
