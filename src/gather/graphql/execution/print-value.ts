const MAX_DEPTH = 2;
const MAX_ELEMENTS = 10;

/** Prints any value for a message, as graphql-js does: `{ id: "1", tags: [Array] }`. */
export function printValue(value: unknown): string {
  return print(value, []);
}

function print(value: unknown, outer: readonly object[]): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return value.name ? `[function ${value.name}]` : '[function]';
  if (typeof value !== 'object' || value === null) return String(value);
  if (outer.includes(value)) return '[Circular]';
  const around = [...outer, value];
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json: unknown = value.toJSON();
    if (json !== value) return typeof json === 'string' ? json : print(json, around);
  } else if (Array.isArray(value)) return printArray(value, around);
  return printObject(value, around);
}

function printArray(values: readonly unknown[], around: readonly object[]): string {
  if (values.length === 0) return '[]';
  if (around.length > MAX_DEPTH) return '[Array]';
  const printed = values.slice(0, MAX_ELEMENTS).map((value) => print(value, around));
  const more = values.length - printed.length;
  if (more > 0) printed.push(`... ${more} more element${more > 1 ? 's' : ''}`);
  return `[${printed.join(', ')}]`;
}

function printObject(value: object, around: readonly object[]): string {
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  if (around.length > MAX_DEPTH) return `[${nameOf(value)}]`;
  return `{ ${entries.map(([key, it]) => `${key}: ${print(it, around)}`).join(', ')} }`;
}

function nameOf(value: object): string {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const type: unknown = value.constructor;
  return tag === 'Object' && typeof type === 'function' && type.name ? type.name : tag;
}
