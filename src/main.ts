import { parseArgs } from 'node:util';
import { secretsIn } from './gather/commands/app-config.ts';
import { type Command, CommandError, MisuseError } from './gather/commands/command.ts';
import { endOnCrash } from './gather/commands/crash.ts';
import { migrate } from './gather/commands/migrate.ts';
import { seed } from './gather/commands/seed.ts';
import { serve } from './gather/commands/serve.ts';
import { start } from './gather/commands/start.ts';
import { user } from './gather/commands/user.ts';
import { work } from './gather/commands/work.ts';
import { ConfigError, readConfig } from './gather/config.ts';
import { GatherError } from './gather/errors.ts';
import { describeError } from './gather/monitoring/describe-error.ts';
import { createLog } from './gather/monitoring/log.ts';
import { services } from './smokehouse/example-services/command.ts';

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;
/** After a command has ended, and everything that it opened is closed. */
const EXIT_MS = 1000;

const commands: Readonly<Record<string, Command>> = { start, serve, work, migrate, seed, user, services };

// A reader that leaves, as in `start | head -1`, does not end the program.
process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));
// A job's code that is deaf to its signal, for one, must not keep the process.
setTimeout(() => process.exit(), EXIT_MS).unref();

async function main(args: string[]): Promise<number> {
  const name = args.find((arg) => !arg.startsWith('-')) ?? '';
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (args.includes('--help')) return show(command ? commandHelp(name, command) : help());
  if (command?.takesArguments) return run(name, command, args.toSpliced(args.indexOf(name), 1));
  try {
    const options = Object.fromEntries((command?.flags ?? []).map((flag) => [flag, { type: 'boolean' }] as const));
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options });
    if (command && positionals.length === 1) return await run(name, command, Object.keys(values));
    return misused(`Expected one of these commands, got "${positionals.join(' ')}".`, help());
  } catch (error) {
    return misused((error as Error).message, help());
  }
}

async function run(name: string, command: Command, args: readonly string[]): Promise<number> {
  try {
    const config = readConfig(command.required);
    // Also where LOG is none: the last words are for whoever finds the program gone.
    endOnCrash(createLog(config.NODE_ENV === 'development' ? 'words' : 'json', secretsIn(config)));
    await command.run(config, args);
    return process.exitCode === FAILED ? FAILED : DONE;
  } catch (error) {
    if (error instanceof MisuseError) return misused(error.message, commandHelp(name, command));
    if (error instanceof ConfigError) return fail(error.message, MISUSED);
    if (error instanceof CommandError) return fail(error.message, FAILED);
    if (error instanceof GatherError) return fail(withCause(error), FAILED);
    return fail(inWords(error), FAILED);
  }
}

/** A fault of the program. */
function inWords(error: unknown): string {
  const { type, message, at = [] } = describeError(error);
  return [`${type}: ${message}`, ...at.map((frame) => `  at ${frame}`)].join('\n');
}

function withCause({ message, cause }: GatherError): string {
  // Node tries each address of a host, and says nothing of all of them together.
  const causes = cause instanceof AggregateError ? cause.errors : [cause];
  return [message, ...causes.filter((error) => error instanceof Error).map((error) => error.message)].join('\n');
}

function show(text: string): number {
  console.log(text);
  return DONE;
}

function fail(text: string, code: number): number {
  console.error(text);
  return code;
}

function misused(message: string, help: string): number {
  return fail(`${message}\n\n${help}`, MISUSED);
}

function help(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return ['node src/main.ts <command> [--help]', '', ...lines].join('\n');
}

function commandHelp(name: string, { summary, help }: Command): string {
  return `node src/main.ts ${name}: ${summary}\n\n${help}`;
}
