import type { Credential, OperationContract, Parameter } from './contract.ts';
import { toHeader, toQuery, toSegment } from './parameters.ts';

type Values = Readonly<Record<string, unknown>>;

/** The values of a request, by where they go. */
export interface RequestValues {
  path?: Values;
  query?: Values;
  headers?: Values;
  body?: unknown;
}

/** A secret, and where it goes. */
export type Secret = Credential & { value: string };

/** A request as it is sent. The path is shown in errors, so that it contains no secret. */
export interface HttpRequest {
  path: string;
  /** With its question mark; empty if there is none. */
  query: string;
  headers: Record<string, string>;
  body?: string;
}

/**
 * Builds a request of an operation.
 * @throws INVALID_INPUT for a value that the request cannot carry, Error if a required one is missing
 */
export function toHttpRequest(
  operation: OperationContract,
  values: RequestValues,
  secrets: readonly Secret[] = [],
): HttpRequest {
  const { parameters = [], body } = operation;
  let path = operation.path;
  const pairs: string[] = [];
  const headers: Record<string, string> = {};
  for (const parameter of parameters) {
    const value = findValue(operation, parameter, values);
    if (value === undefined || value === null) continue;
    const { name } = parameter;
    if (parameter.in === 'path') path = path.replaceAll(`{${name}}`, () => toSegment(parameter, value));
    else if (parameter.in === 'query') pairs.push(...toQuery(parameter, value));
    else headers[name.toLowerCase()] = toHeader(parameter, value);
  }
  for (const secret of secrets) {
    if (secret.kind !== 'apiKey') headers['authorization'] = toAuthorization(secret);
    else if (secret.in === 'header') headers[secret.name.toLowerCase()] = secret.value;
    else pairs.push(`${encodeURIComponent(secret.name)}=${encodeURIComponent(secret.value)}`);
  }
  const request = { path, query: pairs.length > 0 ? `?${pairs.join('&')}` : '', headers };
  if (!body || values.body === undefined) return request;
  headers['content-type'] = body.mediaType;
  return { ...request, body: JSON.stringify(values.body) };
}

const GROUPS = { path: 'path', query: 'query', header: 'headers' } as const;

function findValue({ method, path }: OperationContract, parameter: Parameter, values: RequestValues): unknown {
  const { name, isRequired } = parameter;
  const group = GROUPS[parameter.in];
  const value = values[group]?.[name];
  if (isRequired && (value === undefined || value === null)) {
    throw new Error(`Expected ${group}.${name} in a request of ${method} ${path}, got ${value}.`);
  }
  return value;
}

/** https://www.rfc-editor.org/rfc/rfc7617 and https://www.rfc-editor.org/rfc/rfc6750 */
function toAuthorization({ kind, value }: Secret): string {
  return kind === 'basic' ? `Basic ${Buffer.from(value).toString('base64')}` : `Bearer ${value}`;
}
