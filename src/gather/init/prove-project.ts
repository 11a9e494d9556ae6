import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inStep, type OnStep } from '../step.ts';
import { InitError } from './init-error.ts';
import { readText } from './write-files.ts';

/**
 * Installs the packages of a project, unless they are there, generates its code, checks its types and runs its tests.
 * @throws InitError with the output of the command that failed
 */
export async function proveProject(directory: string, onStep: OnStep): Promise<void> {
  await inStep(onStep, 'packages', async (report) => {
    if (await hasPackages(directory)) return report('already installed');
    await run(directory, 'npm', ['install', '--no-audit', '--no-fund']);
  });
  await inStep(onStep, 'generated code', () => run(directory, process.execPath, ['codegen.ts']));
  await inStep(onStep, 'types and tests', async (report) => {
    const output = await run(directory, 'npm', ['test']);
    const [, passed = '0'] = /^\S* ?pass (\d+)$/m.exec(output) ?? [];
    report(`${passed} tests pass`);
  });
}

async function hasPackages(directory: string): Promise<boolean> {
  const { dependencies, devDependencies } = JSON.parse((await readText(join(directory, 'package.json'))) ?? '{}');
  const names = Object.keys({ ...dependencies, ...devDependencies });
  const found = await Promise.all(names.map((it) => readText(join(directory, 'node_modules', it, 'package.json'))));
  return found.every((text) => text !== undefined);
}

/** Long enough to install packages by a slow network. */
const TIMEOUT_MS = 600_000;

/** Runs a program to its end, for ten minutes at most. @returns its output */
async function run(cwd: string, program: string, args: readonly string[]): Promise<string> {
  const isShell = process.platform === 'win32' && program === 'npm';
  const child = spawn(program, [...args], { cwd, shell: isShell, timeout: TIMEOUT_MS });
  let output = '';
  const add = (bytes: Buffer) => {
    output += bytes.toString();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  if ((await promise) === 0) return output;
  throw new InitError(`\`${[program, ...args].join(' ')}\` failed in ${cwd}:\n${output.trim()}`);
}
