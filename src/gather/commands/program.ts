import { ConfigError, type ConfigSource, readConfig } from '../config.ts';
import { AppError, GatherError } from '../errors.ts';
import { describeError } from '../monitoring/describe-error.ts';
import { createLog } from '../monitoring/log.ts';
import { MissingPackageError } from '../packages.ts';
import { parseArguments } from './arguments.ts';
import { causesOf } from './causes.ts';
import { type Command, CommandError, MisuseError } from './command.ts';
import { endOnCrash } from './crash.ts';
import { commandHelp, helpOf, versionText } from './help.ts';
import { logFormatOf, secretsIn } from './server-config.ts';

/** A command line. */
export interface Program {
  /** How it is called on any machine: `npm run gather --`. */
  call: string;
  commands: Readonly<Record<string, Command>>;
  /** Adds settings to those of Gather. */
  source: ConfigSource;
}

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;
/** The time for the process to exit by itself once a command has ended. */
const EXIT_MS = 1000;

/**
 * Runs the command that the arguments name, and ends the process soon afterwards.
 * @param args the command line after the program's name
 */
export async function runProgram(program: Program, args: string[]): Promise<void> {
  // A closed pipe, as in `start | head -1`, does not end the program.
  process.stdout.on('error', () => {});
  process.exitCode = await main(program, args);
  // Code that ignores its signal, such as a job's, must not keep the process alive.
  setTimeout(() => process.exit(), EXIT_MS).unref();
}

async function main(program: Program, args: string[]): Promise<number> {
  const { commands } = program;
  const name = args.find((arg) => !arg.startsWith('-'));
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (args.includes('--version')) return show(versionText());
  if (name === undefined || !command) {
    if (args.length === 0 || args.includes('--help')) return show(helpOf(program));
    return misused(`Expected the name of a command, got "${args.join(' ')}".`, helpOf(program));
  }
  return run(program, name, command, args.toSpliced(args.indexOf(name), 1));
}

async function run(program: Program, name: string, command: Command, args: readonly string[]): Promise<number> {
  try {
    if (args.includes('--help')) return show(commandHelp(program, name, command));
    const given = parseArguments(name, command, args);
    const config = readConfig(program.source, command.required);
    // Even with LOG=none, a crash must leave a message.
    const logFormat = logFormatOf(config.LOG === 'none' ? { ...config, LOG: undefined } : config);
    endOnCrash(createLog({ logFormat }, secretsIn(config)));
    await command.run(config, given);
    return process.exitCode === FAILED ? FAILED : DONE;
  } catch (error) {
    if (error instanceof MisuseError) return misused(error.message, `\`${program.call} ${name} --help\` says more.`);
    if (error instanceof ConfigError) return fail(error.message, MISUSED);
    if (error instanceof AppError) return fail(error.message, FAILED);
    if (error instanceof CommandError || error instanceof MissingPackageError) return fail(error.message, FAILED);
    if (error instanceof GatherError) return fail(withCauses(error, `${program.call} ${name}`, command), FAILED);
    return fail(inWords(error), FAILED);
  }
}

/** Describes a fault of the program. */
function inWords(error: unknown): string {
  const { type, message, at = [] } = describeError(error);
  return [`${type}: ${message}`, ...at.map((frame) => `  at ${frame}`)].join('\n');
}

/** The message with its causes; for an unreachable database, with what helps. */
function withCauses(error: GatherError, call: string, { options = {} }: Command): string {
  const causes = causesOf(error);
  if (error.code !== 'DATABASE_UNAVAILABLE') return [error.message, ...causes].join('\n');
  const wait = 'wait' in options ? `, or wait for it with \`${call} --wait\`` : '';
  return `The database cannot be reached (${causes.join(', ')}): start it${wait === '' ? ' or' : ','} check DATABASE_URL${wait}.`;
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
