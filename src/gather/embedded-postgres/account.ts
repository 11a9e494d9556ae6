import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process';
import { chmod, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that PostgreSQL's programs run as. They refuse to run as root. */
export interface Account {
  /** Put before a program on the command line. */
  prefix: string[];
  /** The user to switch to; absent to stay the current user. */
  identity?: { uid: number; gid: number };
}

/** A namespace in which root appears as nobody. The files still belong to root, so no other user needs access to them. */
const USER_NAMESPACE = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];

/**
 * The current user; for root, a user namespace of Linux if the system allows one, else the user `nobody`.
 * @throws if `nobody` cannot reach the program or the directory
 */
export async function findAccount(program: string, directory: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const namespace = { prefix: USER_NAMESPACE };
  if (await succeeds(namespace, program, ['--version'])) return namespace;
  const nobody = { prefix: [], identity: { uid: await idOf('-u'), gid: await idOf('-g') } };
  await chmod(directory, (await stat(directory)).mode | 0o011);
  await assertReachable(nobody, program);
  await assertReachable(nobody, directory);
  return nobody;
}

/** Gives the account a file, or a directory and its contents. Does nothing unless run by root. */
export async function own(account: Account, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = account.identity ?? { uid: 0, gid: 0 };
  if ((await stat(path)).uid !== uid) await run('chown', ['-R', `${uid}:${gid}`, path]);
}

/** Starts a program in a process group of its own, which Ctrl-C at the terminal does not reach. */
export function launch(account: Account, program: string, args: string[], stdio: StdioOptions): ChildProcess {
  const [command = program, ...rest] = [...account.prefix, program, ...args];
  return spawn(command, rest, { ...account.identity, stdio, detached: true, windowsHide: true });
}

async function assertReachable(account: Account, path: string): Promise<void> {
  if (await succeeds(account, 'test', ['-x', path])) return;
  throw new Error(
    `PostgreSQL does not run as root, and the user "nobody" cannot reach ${path}. ` +
      'Run Gather as another user, or set DATABASE_URL.',
  );
}

async function succeeds({ prefix, identity }: Account, program: string, args: string[]): Promise<boolean> {
  const [command = program, ...rest] = [...prefix, program, ...args];
  return run(command, rest, { ...identity, timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

async function idOf(flag: '-u' | '-g'): Promise<number> {
  const { stdout } = await run('id', [flag, 'nobody']);
  return Number(stdout);
}
