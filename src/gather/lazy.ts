/** No name of a property, which an application or its services choose. */
const SOURCE = Symbol('source');

/**
 * Creates objects of a source, each property of which is created on its first use: a request pays only for what it uses.
 * @param makers create the properties, by their names
 */
export function lazily<Source, Result extends object>(
  makers: Readonly<Record<string, (source: Source) => unknown>>,
): (source: Source) => Result {
  const properties = Object.entries(makers).map(([name, make]) => [name, { get: toGetter(name, make) }]);
  const prototype = Object.defineProperties({}, Object.fromEntries(properties));
  return (source) => Object.create(prototype, { [SOURCE]: { value: source } });
}

function toGetter<Source>(name: string, make: (source: Source) => unknown) {
  return function (this: { [SOURCE]: Source }) {
    const value = make(this[SOURCE]);
    Object.defineProperty(this, name, { value });
    return value;
  };
}
