import { parseArgs } from 'node:util';
import { addUser, generatePassword } from '../accounts/new-user.ts';
import { setDisabled } from '../accounts/user-rows.ts';
import type { App } from '../app.ts';
import type { Database } from '../database/database.ts';
import { engineTables } from '../database/tables.ts';
import type { Roles } from '../viewer.ts';
import { type Command, CommandError, MisuseError } from './command.ts';
import { findDatabase } from './find-database.ts';
import { readPassword } from './read-password.ts';
import { withDatabase } from './with-database.ts';

/** The arguments and options of an action. */
interface Given {
  email: string;
  name?: string | undefined;
  role?: string | undefined;
  generate?: boolean | undefined;
}

type Action = (database: Database, given: Given, roles: Roles) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  add,
  list,
  disable: (database, { email }) => change(database, email, true),
  enable: (database, { email }) => change(database, email, false),
};

/** Manages the accounts. */
export const user = (app: App): Command => ({
  summary: 'adds, lists, disables and enables accounts.',
  help: `  user add EMAIL [--name NAME] [--role ${app.roles.ofUsers.join('|')}] [--generate]
                               adds an account, ${app.roles.signedIn} by default. Asks for its password, or reads it from
                               the standard input if that is not a terminal; --generate creates one and shows it once
  user list                    lists all accounts
  user disable EMAIL           ends the account's sessions, and refuses new ones
  user enable EMAIL            lets the account sign in again

Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer; by default the one that \`start\` runs in DATA_DIR
  DATA_DIR=.gather             where \`start\` keeps its data`,
  takesArguments: true,

  async run(config, args) {
    const { action, given } = parse(args);
    const databaseUrl = await findDatabase(app, config);
    await withDatabase(app, { databaseUrl, config }, (database) => action(database, given, app.roles));
  },
});

/** @throws MisuseError */
function parse(args: readonly string[]): { action: Action; given: Given } {
  const { positionals, values } = parseOptions(args);
  const [name = '', email, ...rest] = positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new MisuseError(`Expected add, list, disable or enable, got "${name}".`);
  const isList = action === list;
  if (rest.length > 0 || (email === undefined) !== isList) {
    const got = positionals.slice(1).join(' ');
    throw new MisuseError(`Expected ${isList ? 'nothing' : 'one email'} after ${name}, got "${got}".`);
  }
  if (action !== add && Object.keys(values).length > 0) throw new MisuseError(`Expected no options for ${name}.`);
  return { action, given: { email: email ?? '', ...values } };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { name: { type: 'string' }, role: { type: 'string' }, generate: { type: 'boolean' } },
    });
  } catch (error) {
    throw new MisuseError((error as Error).message);
  }
}

async function add(database: Database, { email, name, role, generate }: Given, roles: Roles): Promise<void> {
  const given = role ?? roles.signedIn;
  const password = generate ? generatePassword() : await readPassword();
  await addUser(database, roles, { email, name: name ?? email.replace(/@.*/, ''), role: given, password });
  console.log(`${email} can sign in as ${given}.${generate ? ` The password: ${password}` : ''}`);
}

async function list(database: Database): Promise<void> {
  const columns = ['email', 'name', 'role', 'disabledAt'] as const;
  console.log(toLine('ROLE', 'SIGN-IN', 'EMAIL', 'NAME'));
  for await (const user of engineTables(database).user.iterate({
    orderBy: [{ column: 'email', direction: 'asc' }],
    columns,
  })) {
    console.log(toLine(user.role, user.disabledAt ? 'disabled' : 'enabled', user.email, user.name));
  }
}

/** The columns that may be long come last. */
function toLine(role: string, state: string, email: string, name: string): string {
  return `${role.padEnd(10)}${state.padEnd(10)}${email.padEnd(40)} ${name}`;
}

async function change(database: Database, email: string, isDisabled: boolean): Promise<void> {
  if (!(await setDisabled(database, email, isDisabled))) throw new CommandError(`There is no account for ${email}.`);
  console.log(isDisabled ? `${email} is signed out, and cannot sign in again.` : `${email} can sign in.`);
}
