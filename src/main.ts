import { parseArgs } from 'node:util';
import { type Command, CommandError } from './commands/command.ts';
import { dashboard } from './commands/dashboard.ts';
import { migrate } from './commands/migrate.ts';
import { seed } from './commands/seed.ts';
import { serve } from './commands/serve.ts';
import { services } from './commands/services.ts';
import { start } from './commands/start.ts';
import { work } from './commands/work.ts';
import { ConfigError, readConfig } from './config.ts';
import { GatherError } from './errors.ts';

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;
/** After a command has ended, and everything that it opened is closed. */
const EXIT_MS = 1000;

const commands: Readonly<Record<string, Command>> = { start, serve, work, dashboard, migrate, seed, services };

// A reader that leaves, as in `start | head -1`, does not end the program.
process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));
// A job's code that is deaf to its signal, for one, must not keep the process.
setTimeout(() => process.exit(), EXIT_MS).unref();

async function main(args: string[]): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean' } },
    });
    const [name = '', ...rest] = positionals;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (values.help) return show(command ? commandHelp(name, command) : help());
    if (!command || rest.length > 0) return misused(`Expected one of these commands, got "${positionals.join(' ')}".`);
    return await run(command);
  } catch (error) {
    return misused((error as Error).message);
  }
}

async function run(command: Command): Promise<number> {
  try {
    await command.run(readConfig(command.required));
    return DONE;
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message, MISUSED);
    if (error instanceof CommandError) return fail(error.message, FAILED);
    if (error instanceof GatherError) return fail(withCause(error), FAILED);
    return fail(String((error as Error).stack ?? error), FAILED);
  }
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

function misused(message: string): number {
  return fail(`${message}\n\n${help()}`, MISUSED);
}

function help(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return ['node src/main.ts <command> [--help]', '', ...lines].join('\n');
}

function commandHelp(name: string, { summary, help }: Command): string {
  return `node src/main.ts ${name}: ${summary}\n\n${help}`;
}
