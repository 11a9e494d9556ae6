import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';
import { signIn } from '../helpers/signed-in.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EMAIL = 'ann@smokehouse.example';
const PASSWORD = 'hickory and oak';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => gather.database.ask('truncate gather."user" cascade'));
afterAll(() => gather.close());

test('`add` takes the password from the standard input, and its user can sign in', async () => {
  expect(await runProgram(['add', EMAIL, '--name', 'Ann', '--role', 'STAFF'], `${PASSWORD}\nmore\n`)).toEqual({
    code: 0,
    stdout: `${EMAIL} can sign in as STAFF.\n`,
    stderr: '',
  });
  expect((await signIn(gather, EMAIL, PASSWORD)).data.signIn.viewer).toMatchObject({ name: 'Ann', role: 'STAFF' });
});

test.each([
  [['add', EMAIL], 1, /^Expected a password, got none\.\n$/],
  [['disable', EMAIL], 1, /^There is no account for ann@smokehouse\.example\.\n$/],
  [
    ['add', EMAIL, '--admin'],
    2,
    /^user has no option --admin\. It has --name, --role, --owner, --generate, --help\.\n/,
  ],
])('%j is refused in words, with code %i', async (args, code, message) => {
  const refused = await runProgram(args);
  expect(refused).toEqual({ code, stdout: '', stderr: expect.stringMatching(message) });
});

function runProgram(args: string[], input = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: gather.database.databaseUrl };
  const child = spawn(process.execPath, ['src/main.ts', 'user', ...args], { cwd: ROOT, env, timeout: 30_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // A program that is done does not read on.
  child.stdin.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
