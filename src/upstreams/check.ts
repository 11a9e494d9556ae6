import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type Responses, schemas } from './services.generated.ts';

/** Whether the body of an answer is what the service promised; `errors` says why not, until the next question. */
export interface Check<T> {
  (body: unknown): body is T;
  errors?: ErrorObject[] | null;
}

/** The check of what an operation of services.openapi.yaml answers with status 200. Costs milliseconds: keep it. */
export function createCheck<Id extends keyof Responses>(operationId: Id): Check<Responses[Id]> {
  return new Ajv2020().compile<Responses[Id]>(schemas[operationId]);
}
