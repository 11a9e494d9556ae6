import { addUser, generatePassword } from '../accounts/new-user.ts';
import { setDisabled } from '../accounts/user-rows.ts';
import type { App } from '../app.ts';
import type { Database } from '../database/database.ts';
import { engineTables } from '../database/tables.ts';
import type { Roles } from '../viewer.ts';
import { type Command, CommandError, type Given, MisuseError } from './command.ts';
import { DATABASE_SETTINGS, findDatabase } from './find-database.ts';
import { readPassword } from './read-password.ts';
import { withDatabase } from './with-database.ts';

type Action = (database: Database, email: string, options: Given['options'], roles: Roles) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  add,
  list,
  disable: (database, email) => change(database, email, true),
  enable: (database, email) => change(database, email, false),
};

/** Manages the accounts. */
export const user = (app: App): Command => ({
  summary: 'adds, lists, disables and enables accounts.',
  help: `  user add EMAIL               adds an account. Asks for its password, or reads it from the standard input if that is
                               not a terminal
  user list                    lists all accounts
  user disable EMAIL           ends the account's sessions, and refuses new ones
  user enable EMAIL            lets the account sign in again

Options of \`user add\`:`,
  options: {
    name: { value: 'NAME', help: 'by default the part of the email before the @' },
    role: {
      value: 'ROLE',
      get help() {
        return `${app.roles.ofUsers.join(' or ')}; ${app.roles.signedIn} by default`;
      },
    },
    owner: { value: 'KEY', help: 'the key of the rows that are theirs (@owned); by default one of their own, user:ID' },
    generate: { help: 'creates the password, and shows it once' },
  },
  settings: DATABASE_SETTINGS,
  takesArguments: true,

  async run(config, { args, options }) {
    const { action, email } = parse(args, options);
    const databaseUrl = await findDatabase(app, config);
    await withDatabase(app, { databaseUrl, config }, (database) => action(database, email, options, app.roles));
  },
});

/** @throws MisuseError */
function parse(
  [name = '', ...emails]: readonly string[],
  options: Given['options'],
): { action: Action; email: string } {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new MisuseError(`Expected add, list, disable or enable, got "${name}".`);
  if (emails.length !== (action === list ? 0 : 1)) {
    const expected = action === list ? 'nothing' : 'one email';
    throw new MisuseError(`Expected ${expected} after ${name}, got "${emails.join(' ')}".`);
  }
  if (action !== add && Object.keys(options).length > 0) throw new MisuseError(`Expected no options for ${name}.`);
  return { action, email: emails[0] ?? '' };
}

async function add(database: Database, email: string, options: Given['options'], roles: Roles): Promise<void> {
  const role = `${options['role'] ?? roles.signedIn}`;
  const password = options['generate'] ? generatePassword() : await readPassword();
  const name = `${options['name'] ?? email.replace(/@.*/, '')}`;
  const owner = options['owner'] === undefined ? undefined : `${options['owner']}`;
  await addUser(database, roles, { email, name, role, owner, password });
  console.log(`${email} can sign in as ${role}.${options['generate'] ? ` The password: ${password}` : ''}`);
}

async function list(database: Database): Promise<void> {
  const columns = ['id', 'email', 'name', 'role', 'owner', 'disabledAt'] as const;
  console.log(toLine('ROLE', 'SIGN-IN', 'OWNER', 'EMAIL', 'NAME'));
  for await (const user of engineTables(database).user.iterate({
    orderBy: [{ column: 'email', direction: 'asc' }],
    columns,
  })) {
    const state = user.disabledAt ? 'disabled' : 'enabled';
    console.log(toLine(user.role, state, user.owner ?? `user:${user.id}`, user.email, user.name));
  }
}

/** The columns that may be long come last. */
function toLine(role: string, state: string, owner: string, email: string, name: string): string {
  return `${role.padEnd(10)}${state.padEnd(10)}${owner.padEnd(12)} ${email.padEnd(40)} ${name}`;
}

async function change(database: Database, email: string, isDisabled: boolean): Promise<void> {
  if (!(await setDisabled(database, email, isDisabled))) throw new CommandError(`There is no account for ${email}.`);
  console.log(isDisabled ? `${email} is signed out, and cannot sign in again.` : `${email} can sign in.`);
}
