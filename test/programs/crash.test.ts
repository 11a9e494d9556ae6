import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { ask, type Program, runGather } from '../helpers/program.ts';

const READY: Record<string, RegExp> = {
  serve: /Gather is ready/,
  work: /worker is ready/,
};
/** Faults on demand, in a program that is otherwise as it is. */
const FAULTS = `
  process.on('SIGUSR2', () => { throw new Error('It rained.'); });
  process.on('SIGPIPE', () => { void Promise.reject(new Error('It snowed.')); });
`;

let database: TestDatabase;
let services: Program;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  services = runGather(['services'], { SERVICES_PORT: '0' });
  await services.said(/SUPPLIERS_URL=.*\n/);
  env = {
    ...Object.fromEntries(
      services.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    ),
    DATABASE_URL: database.databaseUrl,
    NODE_ENV: 'production',
    PORT: '0',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FAULTS)}`,
  };
});
afterAll(async () => {
  await services[Symbol.asyncDispose]();
  await database.drop();
});

test.each(['serve', 'work'])('%s logs an error that nothing catches, once, and ends with code 1', async (command) => {
  await using program = runGather([command], env);
  await program.said(READY[command] as RegExp);
  program.kill('SIGUSR2');
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(fatalLines(program)).toMatchObject([{ err: { message: 'It rained.' } }]);
  expect(program.stderr).toBe('');
});

test.each([
  ['in words in development, even if LOG is none', 'none', /FATAL.*Uncaught error: the program ends\..*It rained\./s],
  ['in JSON if LOG says so', 'json', /^\{"level":60.*It rained\./m],
])('start says it %s', async (_, LOG, expected) => {
  const { NODE_ENV: _production, ...rest } = env;
  await using program = runGather(['start'], { ...rest, LOG });
  await program.url();
  program.kill('SIGUSR2');
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stdout).toMatch(expected);
});

test('a promise that nobody waits for ends it too', async () => {
  await using program = runGather(['serve'], env);
  await program.url();
  program.kill('SIGPIPE');
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(fatalLines(program)).toMatchObject([{ err: { message: 'It snowed.' } }]);
});

test('requests under way are answered first', async () => {
  await using program = runGather(['serve'], env);
  const answer = ask(await program.url(), '{ quotes(count: 1) { message } }');
  await sleep(500);
  program.kill('SIGUSR2');
  await program.said(/It rained\./);
  expect((await answer).data.quotes.message).toMatch(/^fetched 1 quote/);
  expect(await program.exit()).toMatchObject({ code: 1 });
});

test('requests under way are answered where it is about to end already', async () => {
  await using program = runGather(['serve'], env);
  const answer = ask(await program.url(), '{ quotes(count: 2, mode: SEQUENTIAL) { message } }');
  await sleep(500);
  program.kill('SIGTERM');
  await program.said(/Stopping/);
  await sleep(300);
  program.kill('SIGUSR2');
  await program.said(/It rained\./);
  expect((await answer).data.quotes.message).toMatch(/^fetched 2 quotes/);
  expect(await program.exit()).toMatchObject({ code: 1 });
});

test('a second error ends it at once', async () => {
  await using program = runGather(['serve'], { ...env, DRAIN_TIMEOUT_MS: '60000' });
  const answer = ask(await program.url(), '{ quotes(count: 3, mode: SEQUENTIAL) { message } }').catch((error) => error);
  await sleep(500);
  program.kill('SIGUSR2');
  await program.said(/It rained\./);
  program.kill('SIGPIPE');
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(await answer).toBeInstanceOf(Error);
  expect(fatalLines(program)).toMatchObject([{ err: { message: 'It rained.' } }, { err: { message: 'It snowed.' } }]);
});

function fatalLines({ stdout }: Program) {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 60);
}
