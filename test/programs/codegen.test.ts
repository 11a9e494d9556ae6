import { execFile } from 'node:child_process';
import { appendFile, cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINKED = ['schema.graphql', 'services'];
const COPIED = [
  'src/smokehouse/documents',
  'src/smokehouse/generated',
  'src/gather/database/engine-tables.generated.ts',
  'src/gather/graphql/schema.generated.ts',
];
/** Each run starts two databases. */
const TIMEOUT_MS = 180_000;
const run = promisify(execFile);

test('a manifest is found to be stale until it is made anew', { timeout: TIMEOUT_MS }, async () => {
  await using directory = await temporaryDirectory();
  for (const path of LINKED) await symlink(join(ROOT, path), join(directory.path, path));
  for (const path of COPIED) await cp(join(ROOT, path), join(directory.path, path), { recursive: true });
  const codegen = (...args: string[]) =>
    run(process.execPath, [join(ROOT, 'codegen.ts'), ...args], { cwd: directory.path });

  await codegen('--check');
  await appendFile(join(directory.path, 'src/smokehouse/documents/home.graphql'), '# And a word more.\n');
  await expect(codegen('--check')).rejects.toMatchObject({
    code: 1,
    stderr: 'src/smokehouse/generated/documents.json is stale. Run `npm run codegen`.\n',
  });
  await codegen();
  await codegen('--check');
});
