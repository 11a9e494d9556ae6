import type { App } from '../app.ts';
import { type Config, urlSetting } from '../config.ts';

/** A command of the command line. */
export interface Command {
  /** What it does, in a line. */
  summary: string;
  /** The rest of `--help`: its settings and their defaults. */
  help: string;
  /** Required settings. */
  required?: readonly string[];
  /** Whether words and options may follow its name. @default false */
  takesArguments?: boolean;
  /** Options that may follow its name and have no value, without their dashes, where it takes nothing else. */
  flags?: readonly string[];
  /**
   * Does it. Resolves when it is done. A command that runs until it is stopped listens to signals itself.
   * @param args what follows its name; where it takes flags only, those that are given, without their dashes
   * @throws MisuseError where those are not understood
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

/** The settings that say where the services of an application are. */
export function serviceSettings({ services }: App): string[] {
  return Object.keys(services).map(urlSetting);
}

/** Lines of help that name these settings; none where there are none. */
export function settingsHelp(names: readonly string[], meaning: string): string {
  return names.length === 0 ? '' : `\n  ${names.join(' ')}\n                               ${meaning}`;
}

/** The URL that a command which requires `DATABASE_URL` was given. */
export function databaseUrlOf({ DATABASE_URL }: Config): string {
  if (DATABASE_URL === undefined) throw new Error('Expected a command that requires DATABASE_URL.');
  return DATABASE_URL;
}
