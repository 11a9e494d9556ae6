import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TEST_SCRIPT } from '../../../src/gather/init/project-files.ts';
import { proveProject } from '../../../src/gather/init/prove-project.ts';
import { linkPackages } from '../../helpers/link-packages.ts';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';

const TIMEOUT_MS = 60_000;
const TSCONFIG = { compilerOptions: { strict: true, noEmit: true, types: ['node'] }, include: ['test'] };

/** Proves a project with one test. @returns what it says */
async function prove(body: string, script = TEST_SCRIPT): Promise<string[]> {
  await using directory = await temporaryDirectory();
  await linkPackages(directory.path);
  const write = (file: string, text: string) => writeFile(join(directory.path, file), text);
  await mkdir(join(directory.path, 'test'));
  await write('package.json', JSON.stringify({ type: 'module', scripts: { test: script } }));
  await write('tsconfig.json', JSON.stringify(TSCONFIG));
  await write('codegen.ts', '');
  await write('test/one.test.ts', `import { test } from 'node:test';\ntest('one', () => {\n  ${body}\n});\n`);
  const said: string[] = [];
  await proveProject(directory.path, ({ what, detail, ms }) => {
    if (ms !== undefined) said.push(detail === undefined ? what : `${what}: ${detail}`);
  });
  return said;
}

test('a project is right if its types and its tests are', { timeout: TIMEOUT_MS }, async () => {
  expect(await prove('')).toEqual(['packages: already installed', 'generated code', 'types and tests: 1 tests pass']);
  await expect(prove("throw new Error('Broken.');")).rejects.toThrow('Error: Broken.');
  await expect(prove('const one: string = 1;')).rejects.toThrow("error TS2322: Type 'number' is not assignable");
});

test('a script that a person has changed is run as it is', { timeout: TIMEOUT_MS }, async () => {
  await expect(prove('', 'node -e "console.log(\'mine\'); process.exit(1)"')).rejects.toThrow(
    /npm test` failed .*mine/s,
  );
});
