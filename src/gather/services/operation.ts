import type { BulkPlan, Key } from './bulk.ts';
import { readByKey } from './by-key.ts';
import { type Check, createCheck } from './check.ts';
import type { Contract, OperationContract } from './contract.ts';
import { UpstreamError } from './errors.ts';
import { type RequestValues, type Secret, toHttpRequest } from './request.ts';
import type { ServiceClient } from './service-client.ts';
import { definitionsOf } from './shape.ts';

/** An operation of a service, bound to the signal of a request. */
export interface BoundOperation {
  (values?: RequestValues): Promise<unknown>;
  /** Reads the values of any number of keys. */
  byKey?: (keys: readonly Key[]) => Promise<unknown[]>;
}

/** What an operation needs of its service. */
export interface OperationSource {
  definitions: Contract['definitions'];
  client: ServiceClient;
  secrets: readonly Secret[];
  /** Most requests of a batch that are under way at a time. */
  concurrency: number;
  /** Statuses of failure that a healthy service answers. */
  expected: readonly number[] | undefined;
}

/** Creates an operation of a service. */
export function createOperation(
  name: string,
  operation: OperationContract,
  plan: BulkPlan | undefined,
  { definitions, client, secrets, concurrency, expected }: OperationSource,
): (signal: AbortSignal) => BoundOperation {
  const { method, failures } = operation;
  let answers: Readonly<Record<string, Check<unknown> | null>> | undefined;
  const send = async (signal: AbortSignal, values: RequestValues, keys: number) => {
    // Compiling a schema takes milliseconds: an operation that is never called costs none.
    answers ??= toChecks(operation, definitions);
    const request = toHttpRequest(operation, values, secrets);
    return client.send({ ...request, method, call: name, keys, signal, answers, failures, expected });
  };
  // A status that the contract does not have may be that of another path.
  const isAbsent = (error: unknown) =>
    error instanceof UpstreamError && error.status === 404 && failures?.[404] !== undefined;
  return (signal) => {
    const bound: BoundOperation = (values = {}) => send(signal, values, 1);
    if (!plan) return bound;
    const source = {
      plan,
      concurrency,
      isAbsent,
      send: (values: RequestValues, keys: number) => send(signal, values, keys),
    };
    return Object.assign(bound, { byKey: (keys: readonly Key[]) => readByKey(source, keys) });
  };
}

function toChecks({ answers }: OperationContract, definitions: Contract['definitions']) {
  const checks = Object.entries(answers).map(([status, schema]) => {
    return [status, schema && createCheck({ ...schema, definitions: definitionsOf(schema, definitions) })] as const;
  });
  return Object.fromEntries(checks);
}
