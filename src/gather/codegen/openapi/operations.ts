import type { Body, Method, OperationContract, Parameter } from '../../services/contract.ts';
import { findAnswers, findFailures } from './answers.ts';
import { type Node, nodesIn, type OpenApiDocument, orUnsupported, Unsupported } from './document.ts';
import type { Schemas } from './json-schemas.ts';
import { findJson, typesOf } from './media-types.ts';
import { findSecurity } from './security.ts';

const METHODS = new Set<string>(['get', 'head', 'options', 'put', 'delete', 'post', 'patch']);
/** They are ignored as parameters: https://spec.openapis.org/oas/v3.1.1#fixed-fields-for-parameters */
const NOT_PARAMETERS = new Set(['accept', 'content-type', 'authorization']);
const QUERY_STYLES = new Set(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']);

/** An operation where a file has it. */
export interface Place {
  /** Its name for programs: from its `operationId`, or else from its method and path. */
  name: string;
  method: Method;
  path: string;
  operation: Node;
  /** The parameters of all operations of the path. */
  shared: unknown;
}

/** The operations of a file, in its order. @param onLeftOut called with each path that cannot be read, and the reason */
export function findOperations(document: OpenApiDocument, onLeftOut: (reason: string) => void): Place[] {
  return nodesIn(document.root['paths']).flatMap(([path, methodsOfPath]) => {
    const resolved = orUnsupported(() => document.resolve(methodsOfPath));
    if (resolved instanceof Unsupported) {
      onLeftOut(`${path}: ${resolved.message}`);
      return [];
    }
    const methods = nodesIn(resolved).filter(([method]) => METHODS.has(method) || method === 'trace');
    return methods.map(([method, operation]) => ({
      name: toName(operation['operationId'] ?? toOwnName(method, path)),
      method: method.toUpperCase() as Method,
      path,
      operation,
      shared: resolved['parameters'],
    }));
  });
}

/** @throws Unsupported with the reason why it cannot be called */
export function toOperation(document: OpenApiDocument, schemas: Schemas, place: Place): OperationContract {
  const { method, path, operation } = place;
  if (!METHODS.has(method.toLowerCase())) throw new Unsupported(`its method is ${method}`);
  const parameters = findParameters(document, schemas, place);
  const [unknown] = [...path.matchAll(/\{([^}]+)\}/g)].filter(
    ([, name]) => !parameters.some((it) => it.in === 'path' && it.name === name),
  );
  if (unknown) throw new Unsupported(`its path has ${unknown[0]}, which is none of its parameters`);
  const body = findBody(document, schemas, operation);
  const failures = findFailures(document, operation);
  const security = findSecurity(document, operation);
  return {
    method,
    path,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { body }),
    answers: findAnswers(document, schemas, place),
    ...(Object.keys(failures).length > 0 && { failures }),
    ...(security.length > 0 && { security }),
  };
}

function findParameters(document: OpenApiDocument, schemas: Schemas, { operation, shared }: Place): Parameter[] {
  const all = [...nodesIn(shared), ...nodesIn(operation['parameters'])].map(([, it]) => document.resolve(it));
  // Those of the operation override those of its path.
  const unique = new Map(all.map((it) => [`${it['in']} ${it['name']}`, it]));
  return [...unique.values()].flatMap((parameter) => {
    const { in: place, name, required } = parameter;
    if (place === 'header' && NOT_PARAMETERS.has(String(name).toLowerCase())) return [];
    if (place === 'path' || place === 'query' || place === 'header') return [toParameter(schemas, parameter, place)];
    if (required === true) throw new Unsupported(`it needs the ${place} parameter ${name}`);
    return [];
  });
}

function toParameter(schemas: Schemas, parameter: Node, place: Parameter['in']): Parameter {
  const { name, required, schema, content, style, explode } = parameter;
  const json = findJson(content);
  if (content && (!json || place === 'path')) throw new Unsupported(`its ${place} parameter ${name} has a media type`);
  const given = (json ? 'json' : (style ?? (place === 'query' ? 'form' : 'simple'))) as Parameter['style'];
  if (!json && !(place === 'query' ? QUERY_STYLES.has(given) : given === 'simple')) {
    throw new Unsupported(`its ${place} parameter ${name} has the style ${given}`);
  }
  return {
    in: place,
    name: String(name),
    style: given,
    explode: typeof explode === 'boolean' ? explode : given === 'form',
    isRequired: required === true || place === 'path',
    schema: schemas.convert(json ? json.schema : schema, 'request'),
  };
}

function findBody(document: OpenApiDocument, schemas: Schemas, operation: Node): Body | undefined {
  if (!operation['requestBody']) return undefined;
  const { content, required } = document.resolve(operation['requestBody']);
  const json = findJson(content);
  if (json) {
    const mediaType = json.type.startsWith('*') ? 'application/json' : json.type;
    return { mediaType, isRequired: required === true, schema: schemas.convert(json.schema, 'request') };
  }
  if (required !== true) return undefined;
  throw new Unsupported(`its body is ${typesOf(content)}, not JSON`);
}

function toOwnName(method: string, path: string): string {
  return `${method}${path.replaceAll(/\{([^}]+)\}/g, '-by-$1')}`;
}

/** `list-books` becomes `listBooks`. */
function toName(id: unknown): string {
  const [first = '', ...rest] = String(id)
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const name =
    first.charAt(0).toLowerCase() +
    first.slice(1) +
    rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[a-z]/.test(name) ? name : `operation${name}`;
}
