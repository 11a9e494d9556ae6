import { add } from './add.ts';
import { init } from './init.ts';
import { newProject } from './new.ts';
import { runProgram } from './program.ts';
import { psql } from './psql.ts';

/** The commands that need no application. */
const commands = { init, new: newProject, add, psql };

/** Runs a command of `npx gather`, and ends the process soon afterwards. */
export async function runStandalone(args: string[]): Promise<void> {
  await runProgram({ call: 'npx gather', commands, source: { services: {}, settings: {} } }, args);
}
