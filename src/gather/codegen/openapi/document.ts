import { parse as parseYaml } from 'yaml';

/** An object of an OpenAPI file, not checked. */
export type Node = Readonly<Record<string, unknown>>;

/** Why a part of an OpenAPI file cannot be used: a clause. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** What `work` returns, or why it cannot. */
export function orUnsupported<T>(work: () => T): T | Unsupported {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unsupported) return error;
    throw error;
  }
}

/** An OpenAPI file of version 3.0 or 3.1. */
export class OpenApiDocument {
  readonly root: Node;
  /** Whether its schemas are of OpenAPI 3.0, which are not quite JSON Schemas. */
  readonly is30: boolean;

  /** @param file its name in errors. @throws Error if it is no OpenAPI file of these versions */
  constructor(text: string, file: string) {
    const root: unknown = parseYaml(text);
    const version = isNode(root) ? (root['openapi'] ?? (root['swagger'] && `Swagger ${root['swagger']}`)) : undefined;
    if (!isNode(root) || !/^3\.[01]\./.test(String(version))) {
      throw new Error(`${file}: expected OpenAPI 3.0 or 3.1, got ${version ?? 'no OpenAPI file'}.`);
    }
    this.root = root;
    this.is30 = String(version).startsWith('3.0');
  }

  /** Follows a reference, and those that it leads to. @throws Unsupported if it leads nowhere, or to another file */
  resolve(value: unknown): Node {
    let found = value;
    for (let steps = 0; isNode(found) && typeof found['$ref'] === 'string'; steps++) {
      if (steps > 100) throw new Unsupported(`${found['$ref']} refers to itself`);
      found = this.find(found['$ref']);
    }
    return isNode(found) ? found : {};
  }

  /** @param pointer `#/components/schemas/Rating` */
  find(pointer: string): unknown {
    if (!pointer.startsWith('#/')) throw new Unsupported(`it refers to another file, ${pointer}`);
    let place: unknown = this.root;
    for (const part of pointer.slice(2).split('/')) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      place =
        typeof place === 'object' && place !== null && Object.hasOwn(place, name)
          ? Reflect.get(place, name)
          : undefined;
    }
    if (place === undefined) throw new Unsupported(`it refers to ${pointer}, which the file does not have`);
    return place;
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in a list or an object of the file. */
export function nodesIn(value: unknown): [string, Node][] {
  return isNode(value) || Array.isArray(value)
    ? Object.entries(value).filter((entry): entry is [string, Node] => isNode(entry[1]))
    : [];
}
