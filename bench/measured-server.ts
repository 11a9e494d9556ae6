import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Pool } from 'undici';
import type { ServerOptions } from './server.ts';

const START_TIMEOUT_MS = 60_000;

/** A server in a child process, whose CPU time and memory are measured. */
export class MeasuredServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #pool: Pool;

  private constructor(child: ChildProcess, url: string, connections: number) {
    this.url = url;
    this.#child = child;
    this.#pool = new Pool(url, { connections });
  }

  static start(options: ServerOptions, connections: number): Promise<MeasuredServer> {
    return MeasuredServer.run(new URL('./server.ts', import.meta.url), options, connections);
  }

  /** Starts a program that calls `measureSelf`. @param options passed as JSON in its first argument */
  static async run(program: URL, options: unknown, connections: number): Promise<MeasuredServer> {
    const child = fork(program, [JSON.stringify(options)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [{ url }] = await once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    return new MeasuredServer(child, url, connections);
  }

  /** Sends one request. @param sender headers that say who sends it @returns the answer as text */
  async post(body: unknown, sender: Readonly<Record<string, string>> = {}): Promise<string> {
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...sender };
    const request = { method: 'POST', path: '/graphql', headers, body: JSON.stringify(body) } as const;
    return (await this.#pool.request(request)).body.text();
  }

  /** Sends one request. @returns the body of its incremental answer, as a stream */
  async postForParts(body: unknown): Promise<AsyncIterable<Buffer>> {
    const headers = { 'content-type': 'application/json', accept: 'multipart/mixed' };
    const request = { method: 'POST', path: '/graphql', headers, body: JSON.stringify(body) } as const;
    return (await this.#pool.request(request)).body;
  }

  /** Microseconds of CPU time since the server started. */
  async cpu(): Promise<number> {
    this.#child.send('cpu');
    const [cpu] = await once(this.#child, 'message');
    return cpu;
  }

  /** The live memory after a garbage collection, and the resident set before it. */
  async memory(): Promise<{ liveBytes: number; rssBytes: number }> {
    this.#child.send('memory');
    const [memory] = await once(this.#child, 'message');
    return memory;
  }

  /** The resident set, garbage included. */
  async rssBytes(): Promise<number> {
    this.#child.send('rss');
    const [rssBytes] = await once(this.#child, 'message');
    return rssBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
