import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { App } from '../../app.ts';
import { type Command, CommandError } from '../command.ts';
import { listenToSignals, untilStopped } from '../stopping.ts';
import { SURROUNDINGS_OPTIONS, type Surroundings, startSurroundings, surroundingsSettings } from '../surroundings.ts';
import { welcome } from '../welcome.ts';
import { Changes } from './changes.ts';
import { isSource } from './packages.ts';
import { ServerProcess } from './server-process.ts';

const CODEGEN = 'codegen.ts';
/** The sources of generated files: SDL and documents, OpenAPI, migrations or the structure, and which type is which table. */
const CODEGEN_INPUT =
  /\.(graphql|ya?ml|openapi\.json)$|(^|[\\/])(migrations[\\/].*|tables\.ts|database\.json|codegen\.ts)$/;
/** Those from which files are generated without a migrated database. */
const WITHOUT_DATABASE = /\.(graphql|ya?ml|openapi\.json)$/;
const MAX_SHOWN = 3;

/** Everything of `start`, and each change of the sources at once. */
export const dev = (app: App): Command => ({
  summary: 'runs everything, and restarts the server and the worker when a source file changes.',
  help: `PostgreSQL, the example services and the passwords of the sample accounts stay. A change of the SDL, of OpenAPI files,
documents or migrations runs codegen first. If a change cannot be loaded, the former version goes on.`,
  options: {
    ...SURROUNDINGS_OPTIONS,
    inspect: { help: 'lets a debugger attach to the server and the worker, at 127.0.0.1:9229' },
  },
  settings: surroundingsSettings(app),

  run: (config, { options }) =>
    untilStopped(listenToSignals(), async ({ stop }) => {
      await using stack = new AsyncDisposableStack();
      console.log('Gather starts:');
      const surroundings = await startSurroundings(app, config, options, stop, stack);
      const main = process.argv[1] ?? '';
      const changes = stack.use(new Changes(dirname(main)));
      const servers = stack.use(new Servers(pathToFileURL(main).href, surroundings, Boolean(options['inspect'])));
      const url = await servers.replace();
      if (!url) throw new CommandError('The server did not start.');
      console.log(`${welcome(app, url, surroundings)}Changes of source files restart the server.\n`);
      for (;;) {
        const changed = await changes.take(stop);
        const start = performance.now();
        console.log(`Changed: ${toList(changed)}`);
        const inputs = changed.filter((path) => CODEGEN_INPUT.test(path));
        if (inputs.length > 0 && existsSync(CODEGEN)) {
          if (!(await runCodegen(inputs, stop))) {
            console.log('Generated files are as before, and the former version goes on.');
            continue;
          }
          // What codegen has written is loaded with the rest.
          await changes.settle(stop);
          changed.push(...changes.remove((path) => !CODEGEN_INPUT.test(path)));
        }
        const isReplaced = await servers.replace(changed);
        const ms = Math.round(performance.now() - start);
        console.log(isReplaced ? `Restarted in ${ms} ms.` : 'The change cannot be loaded: the former version goes on.');
      }
    }),
});

/** The process of the present version, and one that waits for the next version. */
class Servers implements AsyncDisposable {
  readonly #main: string;
  readonly #surroundings: Surroundings;
  readonly #hasInspector: boolean;
  #present: ServerProcess | undefined;
  #next = new ServerProcess([]);
  #packages: readonly string[] = [];
  /** The folders of packages that are among the watched sources, such as the engine beside its sample. */
  #sources: readonly string[] = [];
  #port: number | undefined;
  /** Resolves when all former processes have ended. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(main: string, surroundings: Surroundings, hasInspector: boolean) {
    this.#main = main;
    this.#surroundings = surroundings;
    this.#hasInspector = hasInspector;
  }

  /**
   * Replaces the present version, once the program can be loaded again.
   * @param changed the files that have changed since the last time
   * @returns its URL; undefined if it stays
   */
  async replace(changed: readonly string[] = []): Promise<string | undefined> {
    const imported = await this.#next.folders;
    if (imported.length > 0) this.#sources = imported;
    const isOfPackage = changed.some((path) => this.#sources.includes(dirname(resolve(path))));
    if (isOfPackage && imported.length > 0) {
      this.#end(this.#next);
      this.#next = new ServerProcess([]);
    }
    const next = this.#next;
    const canRun = await next.load(this.#main, this.#surroundings, this.#port);
    if (canRun) await this.#stopPresent();
    const started = canRun ? await next.listen(this.#hasInspector) : undefined;
    if (started) {
      this.#present = next;
      this.#packages = started.packages;
      this.#port = Number(new URL(started.url).port);
      void next.ended.then(() => {
        if (this.#present === next) console.log('The server has ended. It starts again at the next change.');
      });
    }
    // Somebody who works on a package that is among the sources will change it again.
    this.#next = new ServerProcess(isOfPackage ? this.#packages.filter((url) => !isSource(url)) : this.#packages);
    return started?.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopPresent();
    this.#end(this.#next);
    await this.#ended;
  }

  /** Resolves when the ports are free. */
  async #stopPresent(): Promise<void> {
    const present = this.#present;
    this.#present = undefined;
    await present?.release();
    if (present) this.#end(present);
  }

  #end(server: ServerProcess): void {
    this.#ended = Promise.all([this.#ended, server[Symbol.asyncDispose]()]);
  }
}

/** @returns whether it succeeded; it says itself why not */
async function runCodegen(inputs: readonly string[], signal: AbortSignal): Promise<boolean> {
  const flags = inputs.every((path) => WITHOUT_DATABASE.test(path)) ? ['--without-database'] : [];
  const child = spawn(process.execPath, [CODEGEN, ...flags], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  signal.throwIfAborted();
  return code === 0;
}

function toList(paths: readonly string[]): string {
  const more = paths.length - MAX_SHOWN;
  return [...paths.slice(0, MAX_SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
