import { parseArgs } from 'node:util';
import type { App } from '../app.ts';
import { AppError } from '../check.ts';
import { ConfigError, readConfig } from '../config.ts';
import { GatherError } from '../errors.ts';
import { describeError } from '../monitoring/describe-error.ts';
import { createLog } from '../monitoring/log.ts';
import { check } from './check.ts';
import { type Command, CommandError, MisuseError } from './command.ts';
import { endOnCrash } from './crash.ts';
import { migrate } from './migrate.ts';
import { seed } from './seed.ts';
import { serve } from './serve.ts';
import { secretsIn } from './server-config.ts';
import { services } from './services.ts';
import { start } from './start.ts';
import { user } from './user.ts';
import { work } from './work.ts';

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;
/** The time for the process to exit by itself once a command has ended. */
const EXIT_MS = 1000;

/**
 * Runs the command that the arguments name, and ends the process soon afterwards.
 * @param args the command line after the program's name
 */
export async function runCommand(app: App, args: string[]): Promise<void> {
  // A closed pipe, as in `start | head -1`, does not end the program.
  process.stdout.on('error', () => {});
  process.exitCode = await main(app, args);
  // Code that ignores its signal, such as a job's, must not keep the process alive.
  setTimeout(() => process.exit(), EXIT_MS).unref();
}

function commandsOf(app: App): Readonly<Record<string, Command>> {
  return {
    start: start(app),
    serve: serve(app),
    work: work(app),
    migrate: migrate(app),
    ...(app.seed && { seed: seed(app, app.seed) }),
    check: check(app),
    user: user(app),
    ...(app.startExamples && { services: services(app, app.startExamples) }),
  };
}

async function main(app: App, args: string[]): Promise<number> {
  const commands = commandsOf(app);
  const name = args.find((arg) => !arg.startsWith('-')) ?? '';
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (args.includes('--help')) return show(command ? commandHelp(name, command) : help(commands));
  if (command?.takesArguments) return run(app, name, command, args.toSpliced(args.indexOf(name), 1));
  try {
    const options = Object.fromEntries((command?.flags ?? []).map((flag) => [flag, { type: 'boolean' }] as const));
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options });
    if (command && positionals.length === 1) return await run(app, name, command, Object.keys(values));
    return misused(`Expected one of these commands, got "${positionals.join(' ')}".`, help(commands));
  } catch (error) {
    return misused((error as Error).message, help(commands));
  }
}

async function run(app: App, name: string, command: Command, args: readonly string[]): Promise<number> {
  try {
    const config = readConfig(app, command.required);
    // Even with LOG=none, a crash must leave a message.
    endOnCrash(createLog({ logFormat: config.NODE_ENV === 'development' ? 'words' : 'json' }, secretsIn(config)));
    await command.run(config, args);
    return process.exitCode === FAILED ? FAILED : DONE;
  } catch (error) {
    if (error instanceof MisuseError) return misused(error.message, commandHelp(name, command));
    if (error instanceof ConfigError) return fail(error.message, MISUSED);
    if (error instanceof AppError) return fail(error.message, FAILED);
    if (error instanceof CommandError) return fail(error.message, FAILED);
    if (error instanceof GatherError) return fail(withCause(error), FAILED);
    return fail(inWords(error), FAILED);
  }
}

/** Describes a fault of the program. */
function inWords(error: unknown): string {
  const { type, message, at = [] } = describeError(error);
  return [`${type}: ${message}`, ...at.map((frame) => `  at ${frame}`)].join('\n');
}

function withCause({ message, cause }: GatherError): string {
  // Node tries each address of a host; the error for all of them has no message.
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

function help(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return ['node src/main.ts <command> [--help]', '', ...lines].join('\n');
}

function commandHelp(name: string, { summary, help }: Command): string {
  return `node src/main.ts ${name}: ${summary}\n\n${help}`;
}
