import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 50_000;
const POLL_MS = 10;
/** The rest of the environment stays out, lest a setting of the person who runs the tests is read. */
const { PATH, HOME, TMPDIR } = process.env;

/** How a process ended: with a code, or by a signal. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Since the program was started. */
  ms: number;
}

/** A program that runs in a process group of its own, as at a terminal. Disposing of it kills it. */
export class Program implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;

  constructor(command: string, args: string[], env: Record<string, string>, cwd = ROOT) {
    const start = performance.now();
    const options = { cwd, env: { PATH, HOME, TMPDIR, ...env }, detached: true };
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk));
    this.#child = child;
    this.#exit = once(child, 'close').then(([code, signal]) => ({ code, signal, ms: performance.now() - start }));
  }

  /** Of the process; 0 where it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the standard output has it. @throws where the program ends before, or says nothing of it for long */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + TIMEOUT_MS;
    while (performance.now() < deadline) {
      const found = pattern.exec(this.stdout);
      if (found) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) break;
      await sleep(POLL_MS);
    }
    throw new Error(`The program did not say ${pattern}:\n${this.stdout}\n${this.stderr}`);
  }

  /** The URL that a server has said it listens on. */
  async url(): Promise<string> {
    const [, url = ''] = await this.said(/Gather is ready:\s+(http:\S+)\/graphql/);
    return url;
  }

  /** Resolves when the program and whoever writes to its output have ended. */
  async exit(): Promise<Exit> {
    const controller = new AbortController();
    const late = sleep(TIMEOUT_MS, undefined, controller).then(() => {
      throw new Error(`The program did not end:\n${this.stdout}\n${this.stderr}`);
    });
    return Promise.race([this.#exit, late]).finally(() => controller.abort());
  }

  /** Sends a signal to the program alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends SIGINT to the whole process group, as a terminal does. */
  pressCtrlC(): void {
    this.#signalGroup('SIGINT');
  }

  /** Stops to read the standard output. */
  leaveOutput(): void {
    this.#child.stdout?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signalGroup('SIGKILL');
    await this.#exit;
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid) process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** `node src/main.ts …` with these settings only. @param cwd a copy of the project; by default itself */
export function runGather(args: string[], env: Record<string, string> = {}, cwd?: string): Program {
  return new Program(process.execPath, ['src/main.ts', ...args], env, cwd);
}

/** The processes that a program has started. */
export function childrenOf({ pid }: Program): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([parent]) => parent === pid).map(([, child]) => child as number);
}

/** Sends an operation to a server. */
export async function ask(url: string, query: string, variables: Record<string, unknown> = {}) {
  const body = JSON.stringify({ query, variables });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  return response.json() as Promise<any>;
}

/** The PostgreSQL processes that use a directory, each as its id and its command line. */
export async function postgresOf(dataDir: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-ww', '-e', '-o', 'pid=,command=']);
  return stdout.split('\n').filter((line) => /postgres|initdb/.test(line) && line.includes(`${dataDir}/`));
}

/** Kills the PostgreSQL processes that a failed test has left. @returns what they were */
export async function endPostgresOf(dataDir: string): Promise<string[]> {
  const left = await postgresOf(dataDir);
  for (const line of left) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  return left;
}
