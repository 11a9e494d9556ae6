import { expect, test } from 'vitest';
import { runGather } from '../helpers/program.ts';

const COMMANDS = [
  'start',
  'dev',
  'serve',
  'work',
  'migrate',
  'seed',
  'check',
  'user',
  'psql',
  'init',
  'new',
  'add',
  'services',
];

test.for([[], ['--help']])('%j lists the commands', async (args) => {
  const { code, stdout, stderr } = await runToEnd(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect([...stdout.matchAll(/^ {2}(\w+) +\S.*\.$/gm)].map(([, name]) => name)).toEqual(COMMANDS);
  expect(stdout).toMatch(/docs\/settings\.md/);
});

test('--version names the versions of Gather and Node', async () => {
  const { code, stdout } = await runToEnd(['--version']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Gather 0.1.0, Node ${process.versions.node}\n` });
});

test.for([
  ['start', ['--migrate', '--seed', 'PORT', 'HOST', 'DATA_DIR', 'DATABASE_URL', 'PROMO_URL', 'SUPPLIERS_URL']],
  ['dev', ['--migrate', '--seed', '--inspect', 'PORT', 'DATABASE_URL']],
  ['psql', ['DATABASE_URL', 'DATA_DIR']],
  ['serve', ['--wait', 'PORT', 'HOST', 'DATABASE_URL', 'PROMO_URL', 'SUPPLIERS_URL']],
  ['work', ['--wait', 'DATABASE_URL', 'FETCH_ALLOWED']],
  ['migrate', ['--status', 'DATABASE_URL']],
  ['seed', ['--wait', 'DATABASE_URL']],
  ['user', ['--name NAME', '--role ROLE', '--generate', 'DATABASE_URL']],
  ['services', ['SERVICES_PORT', 'HOST']],
] as const)('%s --help names its options and settings, and does nothing', async ([name, settings]) => {
  const { code, stdout, stderr } = await runToEnd([name, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^npm run gather -- ${name}: \\S`));
  for (const setting of settings) expect(stdout).toContain(setting);
  expect(stdout).toMatch(/docs\/settings\.md lists all of them\.\n$/);
});

test.for([['now'], ['constructor'], ['--wait']])('%j is no command: the list of them, and code 2', async (args) => {
  const { code, stdout, stderr } = await runToEnd(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.startsWith(`Expected the name of a command, got "${args}".\n\n`)).toBe(true);
  for (const name of COMMANDS) expect(stderr).toContain(`\n  ${name} `);
});

test.for([
  ['start now', 'start takes no arguments, got "now".'],
  ['start --port=80', 'start has no option --port; PORT is a setting: PORT=… before the command.'],
  ['start --migrate=no', '--migrate takes no value, got "no".'],
  ['serve --migrate', 'serve has no option --migrate. It has --wait, --processes, --help.'],
  ['check -x', 'check has no option -x. It has --help.'],
  ['user add ann@shop.example --role', '--role expects a value: --role ROLE.'],
  ['work --concurrency 1 --concurrency 2', '--concurrency is given twice.'],
  ['user list --generate', 'Expected no options for list.'],
] as const)('%s is refused in a sentence, with code 2', async ([words, message]) => {
  const { code, stdout, stderr } = await runToEnd(words.split(' '));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [name] = words.split(' ');
  expect(stderr).toBe(`${message}\n\n\`npm run gather -- ${name} --help\` says more.\n`);
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
