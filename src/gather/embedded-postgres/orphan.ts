import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../errors.ts';
import type { Binaries } from './binaries.ts';
import { readPostmasterFile } from './postmaster-file.ts';

const run = promisify(execFile);
const POLL_MS = 20;

/**
 * Shuts down a server that an earlier run, which was killed, left running on this data directory. The caller holds the
 * directory's lock, so nobody else uses that server.
 */
export async function stopOrphan(data: string, { pg_ctl }: Binaries, timeoutMs: number): Promise<void> {
  const file = await readPostmasterFile(data);
  if (!file) return;
  if (process.platform === 'win32') {
    await run(pg_ctl, ['stop', '-D', data, '-m', 'fast', '-t', `${timeoutMs / 1000}`]).catch(() => {});
  } else if (await isServerOf(data, file.pid)) {
    await stop(data, file.pid, timeoutMs);
  } else if (isAlive(file.pid)) {
    // The ID has been reused by another program, which PostgreSQL would mistake for a server.
    await rm(join(data, 'postmaster.pid'), { force: true });
  }
}

async function stop(data: string, pid: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  signal(pid, 'SIGINT');
  while (await isServerOf(data, pid)) {
    if (performance.now() > deadline) signal(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

/** Does nothing if the process has just ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function isServerOf(data: string, pid: number): Promise<boolean> {
  const command = await commandOf(pid);
  return command.includes('postgres') && command.split(/[\0 ]/).includes('-D') && command.includes(data);
}

/** The command line of a process; empty for a zombie. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return run('ps', ['-ww', '-o', 'command=', '-p', `${pid}`]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
