import { expect, test } from 'vitest';
import { runGather } from '../helpers/program.ts';

const COMMANDS = ['start', 'serve', 'work', 'migrate', 'seed', 'check', 'user', 'services'];

/** Those that serve and work need. */
const SETTINGS = Object.fromEntries(
  ['DATABASE_URL', 'PROMO_URL', 'RECOMMENDATIONS_URL', 'PRICING_URL', 'INVENTORY_URL', 'SUPPLIERS_URL'].map((name) => [
    name,
    name === 'DATABASE_URL' ? 'postgres://gather@127.0.0.1:1/gather' : 'http://127.0.0.1:1',
  ]),
);

test('--help lists the commands', async () => {
  const { code, stdout, stderr } = await runToEnd(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect([...stdout.matchAll(/^ {2}(\w+) +\S.*\.$/gm)].map(([, name]) => name)).toEqual(COMMANDS);
});

test.for([
  ['start', ['--migrate', '--seed', 'PORT', 'HOST', 'DATA_DIR', 'DATABASE_URL', 'PROMO_URL', 'SUPPLIERS_URL']],
  ['serve', ['PORT', 'HOST', 'DATABASE_URL', 'PROMO_URL', 'SUPPLIERS_URL']],
  ['migrate', ['DATABASE_URL']],
  ['seed', ['DATABASE_URL']],
  ['services', ['SERVICES_PORT', 'HOST']],
] as const)('%s --help names its settings, and does nothing', async ([name, settings]) => {
  const { code, stdout, stderr } = await runToEnd([name, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^node src/main\\.ts ${name}: \\S`));
  for (const setting of settings) expect(stdout).toContain(setting);
});

test.for([
  [[], 'Expected one of these commands, got "".'],
  [['start', 'now'], 'Expected one of these commands, got "start now".'],
  [['constructor'], 'Expected one of these commands, got "constructor".'],
  [['start', '--port=80'], "Unknown option '--port'"],
  [['start', '--migrate=no'], "Option '--migrate' does not take an argument"],
] as const)('%j is refused, with help and code 2', async ([args, message]) => {
  const { code, stdout, stderr } = await runToEnd([...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.startsWith(message)).toBe(true);
  expect(stderr).toContain('\n\nnode src/main.ts <command> [--help]\n');
  for (const name of COMMANDS) expect(stderr).toContain(`\n  ${name} `);
});

test.for([
  ['serve', '--migrate'],
  ['work', '--migrate'],
])('%j is refused, with the help of the command and code 2', async (args) => {
  const { code, stdout, stderr } = await runToEnd(args, SETTINGS);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.startsWith("Unknown option '--migrate'")).toBe(true);
  expect(stderr).toContain(`\n\nnode src/main.ts ${args[0]}: `);
});

test('settings that cannot be used are said all at once, with code 2', async () => {
  const settings = { PORT: 'abc', DATA_DIR: '', OPERATION_TIMEOUT_MS: '0', PROMO_URL: 'ftp://x' };
  const { code, stdout, stderr } = await runToEnd(['start'], settings);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(`These settings cannot be used:
  PORT: expected a whole number from 0 to 65535, got "abc"
  OPERATION_TIMEOUT_MS: expected a whole number from 1 to 3600000, got "0"
  PROMO_URL: expected a URL that begins with http:// or https://, got "ftp://x"
`);
});

test.for([
  ['serve', ['DATABASE_URL', 'PROMO_URL', 'RECOMMENDATIONS_URL', 'PRICING_URL', 'INVENTORY_URL', 'SUPPLIERS_URL']],
  ['migrate', ['DATABASE_URL']],
] as const)('%s names every setting that it lacks, with code 2', async ([name, settings]) => {
  const { code, stdout, stderr } = await runToEnd([name]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const lines = settings.map((setting) => `  ${setting}: expected, but not set\n`);
  expect(stderr).toBe(`These settings cannot be used:\n${lines.join('')}`);
});

async function runToEnd(args: string[], env: Record<string, string> = {}) {
  await using program = runGather(args, env);
  const { code } = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}
