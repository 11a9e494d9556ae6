import type { Config } from '../config.ts';

/** One thing that can be asked of the program on the command line. */
export interface Command {
  /** What it does, in a line. */
  summary: string;
  /** What `--help` says beyond that: the settings it reads, and what they are by default. */
  help: string;
  /** Settings that it cannot do without. */
  required?: readonly (keyof Config)[];
  /** Does it. Resolves when it is done. A command that runs until it is stopped listens to signals itself. */
  run(config: Config): Promise<void>;
}

/** A reason not to go on that a person can do something about; shown without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
