import type { BulkPlan, Key } from './bulk.ts';
import { readByKey } from './by-key.ts';
import { type Check, createCheck } from './check.ts';
import type { Contract, OperationContract } from './contract.ts';
import { definitionsOf } from './json-schema.ts';
import { type RequestValues, type Secret, toHttpRequest } from './request.ts';
import type { ServiceClient } from './service-client.ts';

/** An operation of a service, bound to the signal of a request. */
export interface BoundOperation {
  (values?: RequestValues): Promise<unknown>;
  /** Reads the values of any number of keys, in their order. */
  byKey?: (keys: readonly Key[]) => Promise<unknown[]>;
  /** The same, by the texts of the keys. */
  byText?: (keys: readonly Key[]) => Promise<ReadonlyMap<string, unknown>>;
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
  // Compiling a schema takes milliseconds: an operation that is never called costs none.
  let checks: Checks | undefined;
  const send = (values: RequestValues, options: { signal: AbortSignal; keys: number; others?: Checks | undefined }) => {
    checks ??= toChecks(operation, definitions);
    const { signal, keys, others } = options;
    const request = toHttpRequest(operation, values, secrets);
    return client.send({
      ...request,
      method,
      call: name,
      keys,
      signal,
      // A copy takes 2.5 KB: V8 keeps a property named 200 in an array, with empty places before it.
      answers: others ? { ...checks, ...others } : checks,
      failures,
      expected,
    });
  };
  // A 404 that the contract does not have may be that of another path.
  const others = plan?.isOne && failures?.[404] !== undefined ? { 404: null } : undefined;
  return (signal) => {
    const bound: BoundOperation = async (values = {}) => await send(values, { signal, keys: 1 });
    if (!plan) return bound;
    const sendKeys = (values: RequestValues, keys: number) => send(values, { signal, keys, others });
    const byText = (keys: readonly Key[]) => readByKey({ plan, concurrency, send: sendKeys }, keys);
    const byKey = async (keys: readonly Key[]) => {
      const values = await byText(keys);
      return keys.map((key) => values.get(String(key)));
    };
    return Object.assign(bound, { byKey, byText });
  };
}

type Checks = Readonly<Record<string, Check<unknown> | null>>;

function toChecks({ answers }: OperationContract, definitions: Contract['definitions']): Checks {
  const checks = Object.entries(answers).map(([status, schema]) => {
    return [status, schema && createCheck({ ...schema, definitions: definitionsOf(schema, definitions) })] as const;
  });
  return Object.fromEntries(checks);
}
