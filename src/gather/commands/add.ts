import { type Command, MisuseError } from './command.ts';
import { refusing } from './project.ts';

/** Adds a part to the project in the working directory. */
export const add: Command = {
  summary: 'adds a type, a task or a mutation to the project in this directory, with a test.',
  help: `  add type Reservation     a table, its type, and lists of it
  add mutation lendBook
  add task remind`,
  settings: {},
  takesArguments: true,

  async run(_config, { args: [part, name, ...others] }) {
    const { addPart, PARTS } = await import('../init/add.ts');
    const known = PARTS.find((it) => it === part);
    if (!known || name === undefined || others.length > 0) {
      throw new MisuseError(
        `Expected ${PARTS.join(', ')} and a name after add, got "${[part, name, ...others].join(' ')}".`,
      );
    }
    const { written, todo } = await refusing(() => addPart(process.cwd(), known, name));
    console.log([...new Set(written)].map((file) => `  ${file}`).join('\n'));
    if (todo.length > 0) console.log(`\nAdd yourself:\n${todo.join('\n')}`);
    console.log('\nThen: npm run codegen && npm test');
  },
};
