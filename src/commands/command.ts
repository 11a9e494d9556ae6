import type { Config } from '../config.ts';

/** One thing that can be asked of the program on the command line. */
export interface Command {
  /** What it does, in a line. */
  summary: string;
  /** What `--help` says beyond that: the settings it reads, and what they are by default. */
  help: string;
  /** Settings that it cannot do without. */
  required?: readonly (keyof Config)[];
  /** Does it. Resolves when it is done, or has come to an end after `stop` aborted. */
  run(config: Config, stopping: Stopping): Promise<void>;
}

/** How the program is asked to end. */
export interface Stopping {
  /** Aborts at the first signal to end: finish what is under way, then end. */
  stop: AbortSignal;
  /** Aborts at the second: end without finishing, but cleanly. */
  hurry: AbortSignal;
}

/** A reason not to go on that a person can do something about; shown without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
