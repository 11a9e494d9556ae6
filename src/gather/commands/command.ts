import type { App } from '../app.ts';
import { type Config, credentialSettings, urlSetting } from '../config.ts';

/** An option of a command: a flag, or one with a value. */
export interface Option {
  /** What its value is, as in `--name NAME`; absent for a flag. `FILE…` takes one value or more. */
  value?: string;
  help: string;
}

/** What is given on the command line after the name of the command. */
export interface Given {
  /** Values of options by name without dashes; a flag is `true`. */
  options: Readonly<Record<string, string | true | undefined>>;
  /** The values of options that take several, by name. */
  lists?: Readonly<Record<string, readonly string[] | undefined>>;
  /** None unless the command takes arguments. */
  args: readonly string[];
}

/** A command of the command line. */
export interface Command {
  /** One line. */
  summary: string;
  /** What else there is to know, for `--help`. */
  help?: string;
  /** Its options by name, without dashes. */
  options?: Readonly<Record<string, Option>>;
  /** The settings that matter most to it, by name, or by name and default: `PORT=4000`. */
  settings: Readonly<Record<string, string>>;
  /** Required settings. */
  required?: readonly string[];
  /** Whether arguments may follow its name. @default false */
  takesArguments?: boolean;
  /** Whether other commands start it, and the help does not list it. @default false */
  isInternal?: boolean;
  /**
   * Runs the command to its end. One that runs until it is stopped listens to signals itself.
   * @throws MisuseError for invalid arguments
   */
  run(config: Config, given: Given): Promise<void>;
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

/** The names of the settings with the tokens, keys and passwords of an application's services. */
export function secretSettings({ services }: App): string[] {
  return Object.entries(services).flatMap(([name, { contract }]) => Object.values(credentialSettings(name, contract)));
}

/** These settings with their common meaning, as one entry; none if there are none. */
export function settingsWith(names: readonly string[], meaning: string): Record<string, string> {
  return names.length === 0 ? {} : { [names.join(' ')]: meaning };
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
