/** No names of properties, which an application or its services choose. */
const SOURCE = Symbol('source');
const CREATED = Symbol('created');

/**
 * Creates objects of a source, each property of which is created on its first use: a request pays only for what it uses.
 * @param makers create the properties, by their names; none gives null or undefined
 */
export function lazily<Source, Result extends object>(
  makers: Readonly<Record<string, (source: Source) => unknown>>,
): (source: Source) => Result {
  class Lazy {
    readonly [SOURCE]: Source;
    readonly [CREATED]: unknown[] = [];

    constructor(source: Source) {
      this[SOURCE] = source;
    }
  }
  for (const [index, [name, make]] of Object.entries(makers).entries()) {
    const get = function (this: Lazy) {
      this[CREATED][index] ??= make(this[SOURCE]);
      return this[CREATED][index];
    };
    Object.defineProperty(Lazy.prototype, name, { get });
  }
  return (source) => new Lazy(source) as Result;
}
