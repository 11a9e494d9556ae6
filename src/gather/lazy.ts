/**
 * Creates objects of a source, each property of which is created on its first use: a request pays only for what it uses.
 * @param makers create the properties, by their names
 */
export function lazily<Source, Result extends object>(
  makers: Readonly<Record<string, (source: Source) => unknown>>,
): (source: Source) => Result {
  class Lazy {
    readonly #source: Source;
    readonly #created: unknown[] = [];

    constructor(source: Source) {
      this.#source = source;
    }

    static {
      for (const [index, [name, make]] of Object.entries(makers).entries()) {
        const get = function (this: Lazy) {
          this.#created[index] ??= make(this.#source);
          return this.#created[index];
        };
        Object.defineProperty(Lazy.prototype, name, { get });
      }
    }
  }
  return (source) => new Lazy(source) as Result;
}
