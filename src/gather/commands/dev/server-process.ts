import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Surroundings } from '../surroundings.ts';
import { type Message, received } from './messages.ts';

/** TypeScript here, and JavaScript in the package. */
const PROGRAM = fileURLToPath(new URL(`./process${extname(import.meta.url)}`, import.meta.url));
/** Longer than the server and the worker take to stop when forced. */
const STOP_TIMEOUT_MS = 10_000;

/** A process that runs one version of the server. Its output is that of this process. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Resolves when the process has ended. Never rejects. */
  readonly ended: Promise<void>;
  /** The folders of the sources that it has imported while it waits. Never rejects. */
  readonly folders: Promise<readonly string[]>;

  /** Starts the process, which imports these packages while it waits. */
  constructor(packages: readonly string[]) {
    this.#child = fork(PROGRAM, ['dev-server'], { stdio: 'inherit' });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      // A message that cannot be sent is an error too: the process is about to end.
      this.#child.on('error', () => this.#child.pid === undefined && resolve());
    });
    this.folders = this.#unlessEnded(received(this.#child, 'warmed')).then((warmed) => warmed?.folders ?? []);
    this.#send({ type: 'warm', packages });
  }

  /** Imports the program and checks it. @returns whether it can run; if not, the process says why, and ends */
  async load(main: string, surroundings: Surroundings, port: number | undefined): Promise<boolean> {
    const loaded = received(this.#child, 'loaded');
    const checked = received(this.#child, 'checked');
    this.#send({ type: 'load', main });
    if (!(await this.#unlessEnded(loaded))) return false;
    this.#send({ type: 'check', surroundings, port });
    return (await this.#unlessEnded(checked)) !== undefined;
  }

  /** Starts to listen. @returns the URL, and the packages that the program imports; undefined if the process has ended */
  listen(hasInspector: boolean): Promise<{ url: string; packages: readonly string[] } | undefined> {
    const listening = received(this.#child, 'listening');
    this.#send({ type: 'listen', hasInspector });
    return this.#unlessEnded(listening);
  }

  /** Lets requests under way finish. Resolves when the ports are free; the process ends soon afterwards. */
  async release(): Promise<void> {
    const released = received(this.#child, 'released');
    this.#send({ type: 'stop' });
    this.#killIfLate();
    await this.#unlessEnded(released);
  }

  /** Ends the process, also one that only waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    this.#killIfLate();
    await this.ended;
  }

  #killIfLate(): void {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    void this.ended.then(() => clearTimeout(timer));
  }

  #send(message: Message): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #unlessEnded<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise, this.ended.then(() => undefined)]);
  }
}
