import { resolve } from 'node:path';
import type { Command } from './command.ts';
import { oneDirectory, optionsFor, refusing } from './project.ts';
import { showStep } from './steps.ts';

/** Writes an empty application. It needs none. */
export const newProject: Command = {
  summary: 'writes an empty application, with tables of its own.',
  help: '  new DIR    writes it, installs packages, generates code, checks types and runs the tests',
  settings: {},
  takesArguments: true,

  async run(_config, { args }) {
    const given = oneDirectory('new', args);
    const directory = resolve(given);
    await refusing(async () => {
      const [{ writeNewProject }, { proveProject }] = await Promise.all([
        import('../init/new-project.ts'),
        import('../init/prove-project.ts'),
      ]);
      await writeNewProject(directory, optionsFor(directory), showStep);
      await proveProject(directory, showStep);
    });
    console.log(`\nThe application is ready. ${given}/README.md says how to start it.`);
  },
};
