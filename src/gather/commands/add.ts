import { type Command, type Given, MisuseError } from './command.ts';
import { optionsFor, refusing } from './project.ts';

/** Adds a part to the project in the working directory. */
export const add: Command = {
  summary: 'adds a type, a service, a mutation or a task to the project in this directory, with a test.',
  help: `  add type Reservation     a table, its type, and lists of it
  add service prices --openapi ../prices.yaml
  add mutation lendBook
  add task remind`,
  options: { openapi: { value: 'FILE', help: 'the OpenAPI file of the service, 3.0 or 3.1' } },
  settings: {},
  takesArguments: true,

  async run(_config, given) {
    const { written, todo, leftOut } = await refusing(() => addGiven(given));
    console.log([...new Set(written)].map((file) => `  ${file}`).join('\n'));
    if (leftOut.length > 0) console.log(`\nLeft out:\n${leftOut.join('\n')}`);
    if (todo.length > 0) console.log(`\nAdd yourself:\n${todo.join('\n')}`);
    console.log('\nThen: npm run codegen && npm test');
  },
};

async function addGiven({ args: [part, name, ...others], options }: Given) {
  const openapi = options['openapi'];
  const isService = part === 'service';
  const { addPart, PARTS } = await import('../init/add/add.ts');
  const known = PARTS.find((it) => it === part);
  if ((!isService && !known) || name === undefined || others.length > 0) {
    const parts = [...PARTS, 'service'].join(', ');
    throw new MisuseError(`Expected ${parts} and a name after add, got "${[part, name, ...others].join(' ')}".`);
  }
  if (isService !== (openapi !== undefined)) {
    throw new MisuseError(
      isService ? 'Expected --openapi FILE for a service.' : 'Only a service has an --openapi FILE.',
    );
  }
  if (known) return addPart(process.cwd(), known, name);
  const { addService } = await import('../init/add/service.ts');
  return addService(process.cwd(), name, String(openapi), optionsFor(process.cwd()));
}
