import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { glob, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

/** A folder, what a file in it must not import, and the rule that says so. */
const FORBIDDEN = [
  ['src/gather', "import { a } from 'gather';", 'nothing outside src/gather'],
  ['src/gather', "import { a } from '../smokehouse/index.ts';", 'nothing outside src/gather'],
  ['src/gather/graphql/limits', "export { a } from '../../../smokehouse/index.ts';", 'nothing outside src/gather'],
  ['src/gather/database', "import type { A } from 'gather/commands';", 'nothing outside src/gather'],
  ['src/gather/concurrency', "import { a } from '../database/database.ts';", 'no other folder'],
  ['src/gather/monitoring', "import { a } from '../server.ts';", 'no other folder'],
  ['src/gather/monitoring/metrics', "import { a } from '../../jobs/jobs.ts';", 'no other folder'],
  ['src/gather/database', "import { a } from '../services/check.ts';", 'no other source'],
  ['src/gather/database/migrations', "import { a } from '../../graphql/reads.ts';", 'no other source'],
  ['src/gather/services', "import type { A } from '../database/database.ts';", 'no other source'],
  ['src/gather/threads', "import { a } from '../jobs/task.ts';", 'no other source'],
  ['src/gather/embedded-postgres', "import { a } from '../commands/start.ts';", 'no other source'],
  ['src/gather/loaders', "import { a } from '../graphql/reads.ts';", 'nothing above them'],
  ['src/gather/http/multipart', "import { a } from '../../graphql/reads.ts';", 'http/ imports sources'],
  ['src/gather/http', "import { a } from '../files/files.ts';", 'http/ imports sources'],
  ['src/gather/graphql/limits', "import { a } from '../../jobs/jobs.ts';", 'imports none of them'],
  ['src/gather/graphql', "export * from '../accounts/accounts.ts';", 'imports none of them'],
  ['src/gather/graphql/execution', "import { a } from '../reads.ts';", 'graphql and itself'],
  ['src/gather/jobs', "import { a } from '../worker.ts';", 'no server, worker or command'],
  ['src/gather/accounts', "const a = await import('../commands/user.ts');", 'no server, worker or command'],
  ['src/gather/jobs', "import { a } from '../graphql/reads.ts';", 'Only resolvers, viewers and routes'],
  ['src/gather/accounts', "import { a } from '../http/address.ts';", 'Only resolvers, viewers and routes'],
  ['src/gather/files', "import { parse } from 'graphql';", 'GraphQL at run time'],
  ['src/gather/monitoring', "import { createYoga } from 'graphql-yoga';", 'GraphQL at run time'],
  ['src/smokehouse/orders', "import { type A, parse } from 'graphql';", 'GraphQL at run time'],
  ['src/gather/graphql', "import { sql } from 'kysely';", 'build SQL'],
  ['src/gather/jobs', "import pg from 'pg';", 'build SQL'],
  ['src/smokehouse/items', "import * as kysely from 'kysely';", 'build SQL'],
  ['test/gather', "import { a } from '../smokehouse/fixture.ts';", 'their own application'],
  ['src/smokehouse', "import { a } from '../gather/index.ts';", 'by its name'],
  ['src/smokehouse/items', "import { a } from '../../gather/database/table.ts';", 'by its name'],
  ['src/smokehouse/items', "import { a } from '../example-services/skus.ts';", 'names the example services'],
  ['src/smokehouse/example-services', "import { a } from '../items/photo.ts';", 'share nothing'],
  ['src/smokehouse/example-services', "import { a } from 'gather';", 'share nothing'],
] as const;

test.each(FORBIDDEN)('in %s, the linter refuses: %s', async (folder, line, rule) => {
  expect(await lint(folder, line)).toContain(rule);
});

/** What each of them may import. */
const ALLOWED = [
  ['src/gather/monitoring/metrics', "import { a } from '../../calls.ts';"],
  ['src/gather/database', "import { Semaphore } from '../concurrency/semaphore.ts';"],
  ['src/gather/http', "import type { ExecutionResult } from 'graphql';"],
  ['src/gather/jobs', "import type { Selectable } from 'kysely';"],
  ['src/smokehouse/items', "import { defineType } from 'gather';"],
] as const;

test.each(ALLOWED)('in %s, the linter takes: %s', async (folder, line) => {
  const report = await lint(folder, line);
  expect(report).toContain('Checked 1 file');
  expect(report).not.toContain('×');
});

/** Clients of @stream are told of `items` by its specification, and JSON Schema calls the type of a list's elements so. */
const FORMATS = ['current-format.ts', 'format-of-2022.ts', 'json-schemas.ts', 'json-schema.ts'];

test('no file of the engine says a word of the shop', async () => {
  const said: string[] = [];
  for await (const file of glob('src/gather/**/*.*', { exclude: FORMATS.map((name) => `**/${name}`) })) {
    const lines = (await readFile(file, 'utf8')).split('\n');
    const isOfShop = (line: string) => /item|sku|supplier|promo|certificate|smoke|pitmaster/i.test(line);
    said.push(...lines.filter(isOfShop).map((line) => `${file}: ${line.trim()}`));
  }
  expect(said).toEqual([]);
});

/** What Biome says of an import, in a file that is there for as long as it looks. */
async function lint(folder: string, line: string): Promise<string> {
  const file = `${folder}/probe-${randomUUID()}.ts`;
  await writeFile(file, `${line}\n`);
  try {
    return await biome(file);
  } finally {
    await rm(file);
  }
}

function biome(file: string): Promise<string> {
  const args = ['node_modules/.bin/biome', 'lint', '--only=plugin', '--colors=off', file];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}
