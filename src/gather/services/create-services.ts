import { lazily } from '../lazy.ts';
import type { Logger } from '../monitoring/log.ts';
import type { OperationContract } from './contract.ts';
import { secretsFor } from './credentials.ts';
import { type ServiceDefinition, type ServiceDefinitions, toBulkPlans } from './define-service.ts';
import { type BoundOperation, createOperation } from './operation.ts';
import { ServiceClient, type ServiceState } from './service-client.ts';
import type { Services } from './services.ts';

/** The URL, the timeout and the credentials of a service. */
export interface ServiceConfig {
  /** Base URL; may have a path. */
  url: string;
  /** Of a whole call, with retries. @default as defined */
  timeoutMs?: number | undefined;
  /** Tokens, keys, and `user:password`, by the names that they have in the OpenAPI file. */
  credentials?: Readonly<Record<string, string>> | undefined;
}

/** The clients of all services. */
export interface ServiceClients {
  /** The services for one request or job: its calls end when the signal aborts. */
  bind(signal: AbortSignal): Services;
  /** The current state of each service. */
  state(): Record<string, ServiceState>;
  /** Closes every connection. Calls under way fail. */
  close(): Promise<void>;
}

const DEFAULTS = { connections: 64, maxQueued: 512, timeoutMs: 2000 };

/**
 * Creates the clients of the services, which connect on first use. Call `close()` at the end.
 * @param log for outages. @default none
 */
export function createServices(
  definitions: ServiceDefinitions,
  configs: Readonly<Record<string, ServiceConfig>>,
  log?: Logger,
): ServiceClients {
  const all = Object.entries(definitions).map(([name, definition]) => {
    const config = configs[name];
    if (!config) throw new Error(`Expected the URL of the service ${name}, got none.`);
    const client = new ServiceClient({
      name,
      baseUrl: config.url,
      timeoutMs: config.timeoutMs ?? definition.timeoutMs ?? DEFAULTS.timeoutMs,
      connections: definition.connections ?? DEFAULTS.connections,
      maxQueued: definition.maxQueued ?? DEFAULTS.maxQueued,
      log,
    });
    return { name, client, bind: createOperations(definition, client, config) };
  });
  return {
    bind: lazily<AbortSignal, Services>(Object.fromEntries(all.map(({ name, bind }) => [name, bind]))),
    state: () => Object.fromEntries(all.map(({ name, client }) => [name, client.state()])),
    close: async () => {
      await Promise.all(all.map(({ client }) => client.close()));
    },
  };
}

function createOperations(
  definition: ServiceDefinition,
  client: ServiceClient,
  { credentials = {} }: ServiceConfig,
): (signal: AbortSignal) => Readonly<Record<string, BoundOperation>> {
  const { contract, connections = DEFAULTS.connections } = definition;
  const plans = toBulkPlans(definition);
  const expected = new Map(Object.entries((definition.expected ?? {}) as Readonly<Record<string, readonly number[]>>));
  const operations = Object.entries<OperationContract>(contract.operations).map(([name, operation]) => {
    const source = {
      definitions: contract.definitions,
      client,
      secrets: secretsFor(operation, contract.credentials, credentials),
      concurrency: connections,
      expected: expected.get(name),
    };
    return [name, createOperation(name, operation, plans.get(name), source)];
  });
  return lazily(Object.fromEntries(operations));
}
