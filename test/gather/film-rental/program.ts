import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type App, defineApp } from 'gather';
import { runCommand } from 'gather/commands';
import { type DefinitionNode, Kind, type ObjectTypeExtensionNode, parse, print } from 'graphql';
import { filmRental } from './index.ts';

/** The command line of the film rental on a database that its owners migrate, with all fields of the engine. */
await runCommand(withoutMigrations(), process.argv.slice(2));

function withoutMigrations(): App {
  const { database, types, resolvers } = filmRental;
  const directory = mkdtempSync(join(tmpdir(), 'film-rental-'));
  const file = join(directory, 'schema.graphql');
  writeFileSync(file, withEngineFields(filmRental.sdl));
  try {
    return defineApp({ name: 'Film rental', schema: pathToFileURL(file), database, types, resolvers });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The engine has a role of its own for users; here they are STAFF. */
function withEngineFields(sdl: string): string {
  const engine = readFileSync(new URL('../../../src/gather/graphql/engine.graphql', import.meta.url), 'utf8');
  const has = new Set(parse(sdl).definitions.map(nameOf));
  const { definitions } = parse(engine.replaceAll('requires: MEMBER', 'requires: STAFF'));
  const added = definitions.filter((it) => !has.has(nameOf(it))).map(print);
  const roots = definitions.filter((it) => ['Query', 'Mutation'].includes(nameOf(it) ?? ''));
  const extensions = roots.map((it) => print({ ...it, kind: Kind.OBJECT_TYPE_EXTENSION } as ObjectTypeExtensionNode));
  return [withoutNodes(sdl), ...added, ...extensions].join('\n\n');
}

/** Those of the engine take their place. */
function withoutNodes(sdl: string): string {
  return sdl.replace(/^ {2}nodes?\(ids?: .*\n/gm, '');
}

function nameOf(definition: DefinitionNode): string | undefined {
  return 'name' in definition ? definition.name?.value : undefined;
}
