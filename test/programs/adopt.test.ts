import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { foreignDatabase } from '../helpers/foreign-database.ts';
import { linkPackages } from '../helpers/link-packages.ts';
import { Program } from '../helpers/program.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 900_000;

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === 'object' ? address?.port : address);
}

test('the commands of docs/adopt.md lead to the first query over a database', { timeout: TIMEOUT_MS }, async () => {
  await using directory = await temporaryDirectory();
  for (const name of ['rental', 'library']) await linkPackages(join(directory.path, name));
  await using database = await foreignDatabase(
    'test/gather/film-rental/schema.sql',
    'test/gather/film-rental/seed.sql',
  );
  for (const name of ['prices', 'loyalty', 'ratings']) {
    await cp(
      join(ROOT, `test/gather/init/services/${name}.openapi.yaml`),
      join(directory.path, 'openapi', `${name}.yaml`),
    );
  }
  const port = await freePort();
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const env = { PATH: `${join(ROOT, 'node_modules/.bin')}:${PATH}`, HOME, TMPDIR, DATABASE_URL: database.databaseUrl };
  const guide = await readFile(join(ROOT, 'docs/adopt.md'), 'utf8');
  const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) =>
    text.replaceAll('../', `${directory.path}/`).replaceAll('127.0.0.1:4000', `127.0.0.1:${port}`),
  );
  const [init = '', start = '', ask = '', services = '', service = '', again = '', own = '', ...others] = blocks;
  expect(others).toEqual([]);
  const shell = async (text: string, more: Readonly<Record<string, string>> = {}) =>
    (await run('bash', ['-ec', text], { cwd: ROOT, env: { ...env, ...more } })).stdout;

  const written = await shell(init);
  expect(written).toContain('    staff.password: looks secret\n');
  expect(written).toMatch(/types and tests: \d+ tests pass/);

  await using server = new Program('bash', ['-ec', start], { ...env, PORT: port });
  const [, PASSWORD = ''] = await server.said(/The password: (\S+)/);
  await server.url();
  const { data, extensions } = JSON.parse(await shell(ask, { PASSWORD }));
  expect(data.stores.nodes).toHaveLength(2);
  expect(data.stores.nodes[0].inventories.nodes[0].film.language.name).toBe('English');
  expect(extensions.timing.calls).toHaveLength(6);
  await server.pressCtrlC();
  await server.exit();

  expect(await shell(services)).toContain('files: 3 new, 6 changed');
  expect(await shell(service)).toContain('  test/ratings.test.ts\n');
  expect(await shell(again)).toContain('files: 0 new, 0 changed');
  expect(await shell(own)).toMatch(/pass 7\n/);
});
