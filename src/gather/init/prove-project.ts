import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inStep, type OnStep } from '../step.ts';
import { InitError } from './init-error.ts';
import { TEST_SCRIPT, TESTS } from './project-files.ts';
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
    const output = await test(directory);
    const [, passed = '0'] = /^\S* ?pass (\d+)$/m.exec(output) ?? [];
    report(`${passed} tests pass`);
  });
}

/** Does what `npm test` does, in half the time: types and tests at once, and no check of the code that was just generated. */
async function test(directory: string): Promise<string> {
  const { scripts } = await readManifest(directory);
  if (scripts?.['test'] !== TEST_SCRIPT) return run(directory, 'npm', ['test']);
  const stop = new AbortController();
  const both = [
    // Each checker checks much of what the others do.
    run(directory, process.execPath, ['node_modules/typescript/bin/tsc', '--checkers', '1'], stop.signal),
    run(directory, process.execPath, TESTS, stop.signal),
  ];
  try {
    return (await Promise.all(both)).join('\n');
  } catch (error) {
    stop.abort();
    await Promise.allSettled(both);
    throw error;
  }
}

interface Manifest {
  scripts?: Readonly<Record<string, string>>;
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
}

async function readManifest(directory: string): Promise<Manifest> {
  return JSON.parse((await readText(join(directory, 'package.json'))) ?? '{}') as Manifest;
}

async function hasPackages(directory: string): Promise<boolean> {
  const { dependencies, devDependencies } = await readManifest(directory);
  const names = Object.keys({ ...dependencies, ...devDependencies });
  const found = await Promise.all(names.map((it) => readText(join(directory, 'node_modules', it, 'package.json'))));
  return found.every((text) => text !== undefined);
}

/** Long enough to install packages by a slow network. */
const TIMEOUT_MS = 600_000;

/** Runs a program to its end, for ten minutes at most. @returns its output */
async function run(cwd: string, program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const isShell = process.platform === 'win32' && program === 'npm';
  const child = spawn(program, [...args], { cwd, shell: isShell, timeout: TIMEOUT_MS, ...(signal && { signal }) });
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
