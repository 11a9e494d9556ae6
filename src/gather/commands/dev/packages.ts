import { registerHooks } from 'node:module';

const IN_PACKAGE = '/node_modules/';
const found = new Set<string>();

/** Records which modules of packages the program imports, from now on. */
export function recordPackages(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      if (resolved.url.includes(IN_PACKAGE) && !context.parentURL?.includes(IN_PACKAGE)) found.add(resolved.url);
      return resolved;
    },
  });
}

/** The URLs of the modules that were recorded. */
export function recordedPackages(): string[] {
  return [...found];
}
