import { createCheck } from '../../services/check.ts';
import type { Contract, OperationContract, Parameter } from '../../services/contract.ts';
import { definitionsOf } from '../../services/json-schema.ts';
import { toTypeName } from '../print-database.ts';
import { OpenApiDocument, orUnsupported, Unsupported } from './document.ts';
import { Schemas } from './json-schemas.ts';
import { findOperations, toOperation } from './operations.ts';
import { findCredentials } from './security.ts';

/** What an OpenAPI file says of a service. */
export interface ServiceContract {
  contract: Contract<Record<string, unknown>>;
  /** What cannot be called or checked, each with the reason. */
  leftOut: readonly string[];
}

/**
 * Reads an OpenAPI file of version 3.0 or 3.1, as JSON or YAML. An operation that cannot be called is left out.
 * @param service its name, with which the names of its types begin
 * @throws Error if it is no such file
 */
export function readContract(text: string, { service, file }: { service: string; file: string }): ServiceContract {
  const document = new OpenApiDocument(text, file);
  const schemas = new Schemas(document, toTypeName(service));
  const operations: Record<string, OperationContract> = {};
  const leftOut: string[] = [];
  for (const place of findOperations(document, (reason) => leftOut.push(reason))) {
    const { name, method, path } = place;
    const operation = orUnsupported(() => {
      if (Object.hasOwn(operations, name)) throw new Unsupported('another operation has this name');
      const found = toOperation(document, schemas, place);
      assertChecks(found, schemas.definitions);
      return found;
    });
    if (operation instanceof Unsupported) leftOut.push(`${name} (${method} ${path}): ${operation.message}`);
    else operations[name] = operation;
  }
  const used = new Set(Object.values(operations).flatMap(({ security = [] }) => security.flat()));
  const credentials = Object.entries(findCredentials(document)).filter(([name]) => used.has(name));
  return {
    contract: {
      operations,
      credentials: Object.fromEntries(credentials),
      definitions: definitionsOf(Object.values(operations).map(schemasOf), schemas.definitions),
    },
    leftOut: [...leftOut, ...schemas.leftOut],
  };
}

/** Compiles the checks of the answers once, so that no server meets a schema that it cannot use. */
function assertChecks({ answers }: OperationContract, definitions: Contract['definitions']): void {
  for (const schema of Object.values(answers)) {
    try {
      if (schema) createCheck({ ...schema, definitions: definitionsOf(schema, definitions) });
    } catch (error) {
      throw new Unsupported(`its schema cannot be checked: ${(error as Error).message}`);
    }
  }
}

function schemasOf({ answers, body, parameters = [] }: OperationContract): unknown {
  return [answers, body?.schema, parameters.map(({ schema }: Parameter) => schema)];
}
