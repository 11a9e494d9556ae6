import type { App } from '../app.ts';
import { type Config, urlSetting } from '../config.ts';

/** A command of the command line. */
export interface Command {
  /** One line. */
  summary: string;
  /** The rest of `--help`: the settings and their defaults. */
  help: string;
  /** Required settings. */
  required?: readonly string[];
  /** Whether it parses its arguments and options itself. @default false */
  takesArguments?: boolean;
  /** Its boolean options, without dashes, if it does not parse arguments itself. */
  flags?: readonly string[];
  /**
   * Runs the command to its end. One that runs until it is stopped listens to signals itself.
   * @param args the arguments after its name; of a command with flags, the flags that are given, without dashes
   * @throws MisuseError for invalid arguments
   */
  run(config: Config, args: readonly string[]): Promise<void>;
}

/** Invalid arguments; shown with the help of the command. */
export class MisuseError extends Error {
  override readonly name = 'MisuseError';
}

/** An error that the user can fix; shown without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** The names of the settings with the URLs of an application's services. */
export function serviceSettings({ services }: App): string[] {
  return Object.keys(services).map(urlSetting);
}

/** Lines of help on these settings; empty if there are none. */
export function settingsHelp(names: readonly string[], meaning: string): string {
  return names.length === 0 ? '' : `\n  ${names.join(' ')}\n                               ${meaning}`;
}

/** The URL of PostgreSQL itself, of a command that requires DATABASE_URL and must not run through a pooler. */
export function directUrlOf(config: Config): string {
  return config.DATABASE_DIRECT_URL ?? databaseUrlOf(config);
}

/** `DATABASE_URL`, of a command that requires it. */
export function databaseUrlOf({ DATABASE_URL }: Config): string {
  if (DATABASE_URL === undefined) throw new Error('Expected a command that requires DATABASE_URL.');
  return DATABASE_URL;
}
