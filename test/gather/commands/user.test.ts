import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { addUser } from '../../../src/gather/accounts/new-user.ts';
import { OWNER_KEY } from '../../../src/gather/accounts/owner-key.ts';
import { Passwords } from '../../../src/gather/accounts/passwords.ts';
import { parseArguments } from '../../../src/gather/commands/arguments.ts';
import { user } from '../../../src/gather/commands/user.ts';
import { readConfig } from '../../../src/gather/config.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { bearer, send, signIn } from '../../helpers/signed-in.ts';
import { library } from '../library/index.ts';

const EMAIL = 'ann@library.example';
const PASSWORD = 'once upon a time';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => gather.database.ask('truncate gather."user" cascade'));
afterEach(() => vi.restoreAllMocks());
afterAll(() => gather.close());

test('`add --generate` shows a password that is good', async () => {
  const [, password = ''] = /^ann@library\.example can sign in as MEMBER\. The password: (\S{20})$/.exec(
    await run('add', EMAIL, '--generate'),
  ) as RegExpExecArray;
  expect((await signIn(gather, EMAIL, password)).data.signIn.viewer).toMatchObject({ name: 'ann', role: 'MEMBER' });
});

test.each([
  [{ password: 'upon it' }, 'Expected as password 12 to 1000 characters, got 7.'],
  [{ password: 'x'.repeat(1001) }, 'Expected as password 12 to 1000 characters, got 1001.'],
  [{ email: 'ann' }, 'Expected as email an address such as ann@example.com.'],
  [{ name: '' }, 'Expected as name 1 to 200 characters, got 0.'],
  [{ role: 'ANONYMOUS' }, 'Expected as role MEMBER or STAFF.'],
  [{ owner: 'user:1' }, `Expected as owner ${OWNER_KEY}.`],
])('an account with %j is refused in words', async (fault, message) => {
  const account = { email: EMAIL, name: 'Ann', role: 'STAFF', password: PASSWORD, ...fault };
  await expect(addUser(gather.database.database, library.roles, account)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message,
  });
  expect(await gather.database.ask('select from gather."user"')).toEqual([]);
});

test('an email is taken in upper and lower case', async () => {
  await run('add', EMAIL, '--generate');
  const message = 'There is already an account for ANN@LIBRARY.EXAMPLE.';
  await expect(run('add', EMAIL.toUpperCase(), '--generate')).rejects.toThrow(message);
});

test('`disable` ends all sessions, and `enable` lets the user sign in again', async () => {
  const account = { email: EMAIL, name: 'Ann', role: 'STAFF', password: PASSWORD };
  await addUser(gather.database.database, library.roles, account);
  const { token } = (await signIn(gather, EMAIL, PASSWORD)).data.signIn;
  expect(await run('disable', EMAIL.toUpperCase())).toContain('signed out');
  expect((await send(gather, '{ viewer { id } }', bearer(token))).status).toBe(401);
  expect((await signIn(gather, EMAIL, PASSWORD)).data.signIn.userErrors).toMatchObject([{ code: 'WRONG_CREDENTIALS' }]);
  expect(await gather.database.ask('select from gather.session')).toEqual([]);
  await run('enable', EMAIL);
  expect((await signIn(gather, EMAIL, PASSWORD)).data.signIn.userErrors).toEqual([]);
  expect((await send(gather, '{ viewer { id } }', bearer(token))).status).toBe(401);
});

test.each(['disable', 'enable'])('`%s` of nobody is refused', async (action) => {
  await expect(run(action, EMAIL)).rejects.toThrow(`There is no account for ${EMAIL}.`);
});

test('`list` shows all of them, and no secrets', async () => {
  await run('add', 'bob@library.example', '--generate', '--name', 'Bob');
  await run('add', EMAIL, '--generate', '--name', 'Ann', '--role', 'STAFF');
  await run('add', 'eve@library.example', '--generate', '--owner', 'm-7');
  await run('disable', EMAIL);
  const list = (await run('list')).replaceAll(/user:\d+ */g, 'user:ID      ');
  expect(list).toBe(`ROLE      SIGN-IN   OWNER        EMAIL                                    NAME
STAFF     disabled  user:ID      ann@library.example                      Ann
MEMBER    enabled   user:ID      bob@library.example                      Bob
MEMBER    enabled   m-7          eve@library.example                      eve`);
});

test('`add --owner` gives the account the rows of that key, at the sign-in and with its token', async () => {
  await run('add', EMAIL, '--generate', '--owner', 'm-7');
  await run('add', 'bob@library.example', '--generate');
  const [row] = await gather.database.ask<{ id: string }>(`select id from gather."user" where name = 'bob'`);
  for (const [email, owner] of [
    [EMAIL, 'm-7'],
    ['bob@library.example', `user:${row?.id}`],
  ] as const) {
    await gather.database.ask(`update gather."user" set "passwordHash" = $1`, [
      await new Passwords().hash(PASSWORD, gather.database.database.signal),
    ]);
    const { token, viewer } = (await signIn(gather, email, PASSWORD)).data.signIn;
    expect(viewer.id).toBe(btoa(`User:${owner}`));
    const { data } = await send(gather, '{ viewer { id } }', bearer(token));
    expect(data.viewer).toEqual({ id: btoa(`User:${owner}`) });
  }
});

test('an account with a role that the SDL does not have has the least role of users', async () => {
  await addUser(gather.database.database, library.roles, {
    email: EMAIL,
    name: 'Ann',
    role: 'STAFF',
    password: PASSWORD,
  });
  await gather.database.ask(`update gather."user" set role = 'LIBRARIAN'`);
  const { token, viewer } = (await signIn(gather, EMAIL, PASSWORD)).data.signIn;
  expect(viewer.role).toBe('MEMBER');
  expect((await send(gather, '{ viewer { role } }', bearer(token))).data.viewer).toEqual({ role: 'MEMBER' });
});

test.each([
  [[], 'Expected add, list, disable or enable, got "".'],
  [['remove', EMAIL], 'Expected add, list, disable or enable, got "remove".'],
  [['constructor'], 'Expected add, list, disable or enable, got "constructor".'],
  [['add'], 'Expected one email after add, got "".'],
  [['add', EMAIL, 'Ann'], `Expected one email after add, got "${EMAIL} Ann".`],
  [['list', EMAIL], `Expected nothing after list, got "${EMAIL}".`],
  [['disable', EMAIL, '--generate'], 'Expected no options for disable.'],
])('%j is not understood, and says so', async (args, message) => {
  await expect(run(...args)).rejects.toMatchObject({ name: 'MisuseError', message });
});

test('it uses the PostgreSQL that `start` runs, and says so where there is none', async () => {
  const config = readConfig(library, [], { DATA_DIR: '/nonexistent' });
  await expect(user(library).run(config, { args: ['list'], options: {} })).rejects.toThrow(
    'No Gather runs in /nonexistent: run `npm start` first',
  );
});

/** @returns what it says */
async function run(...args: string[]): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const config = readConfig(library, [], { DATABASE_URL: gather.database.databaseUrl });
  await user(library).run(config, parseArguments('user', user(library), args));
  const said = log.mock.calls.flat().join('\n');
  log.mockRestore();
  return said;
}
