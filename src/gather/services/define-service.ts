import type { Logger } from '../monitoring/log.ts';
import type { Registered } from '../register.ts';
import { ServiceClient, type ServiceState } from './service-client.ts';

/** A service of an application. `defineApp` gives it its name. */
export interface ServiceDefinition<Api> {
  /** Maximum number of concurrent calls. @default 64 */
  connections?: number;
  /** Maximum number of calls that wait for a connection; more are refused. @default 512 */
  maxQueued?: number;
  /** Of a whole call, with waiting and retries. The setting `<NAME>_TIMEOUT_MS` overrides it. @default 2000 */
  timeoutMs?: number;
  /** Creates the typed API of the service. */
  create(client: ServiceClient): Api;
}

/** Services by their names. */
// biome-ignore lint/suspicious/noExplicitAny: each has its own API
export type ServiceDefinitions = Readonly<Record<string, ServiceDefinition<any>>>;

type Defined = Registered<'services', Readonly<Record<never, never>>>;

/** The application's services, by their names. */
export type Services = {
  readonly [Name in keyof Defined]: Defined[Name] extends ServiceDefinition<infer Api> ? Api : never;
};

/** The URL and the timeout of a service. */
export interface ServiceConfig {
  /** Base URL; may have a path. */
  url: string;
  /** Of a whole call, with retries. @default as defined */
  timeoutMs?: number | undefined;
}

/** The clients of all services. */
export interface ServiceClients {
  services: Services;
  /** The current state of each service. */
  state(): Record<string, ServiceState>;
  /** Closes every connection. Calls under way fail. */
  close(): Promise<void>;
}

const DEFAULTS = { connections: 64, maxQueued: 512, timeoutMs: 2000 };

/** Defines a service and its typed API. */
export function defineService<Api>(definition: ServiceDefinition<Api>): ServiceDefinition<Api> {
  return definition;
}

/**
 * Creates the clients of the services, which connect on first use. Call `close()` at the end.
 * @param log for outages. @default none
 */
export function createServices(
  definitions: ServiceDefinitions,
  configs: Readonly<Record<string, ServiceConfig>>,
  log?: Logger,
): ServiceClients {
  const clients = Object.entries(definitions).map(([name, { connections, maxQueued, timeoutMs, create }]) => {
    const config = configs[name];
    if (!config) throw new Error(`Expected the URL of the service ${name}, got none.`);
    const client = new ServiceClient({
      name,
      baseUrl: config.url,
      timeoutMs: config.timeoutMs ?? timeoutMs ?? DEFAULTS.timeoutMs,
      connections: connections ?? DEFAULTS.connections,
      maxQueued: maxQueued ?? DEFAULTS.maxQueued,
      log,
    });
    return { name, client, api: create(client) };
  });
  return {
    services: Object.fromEntries(clients.map(({ name, api }) => [name, api])) as Services,
    state: () => Object.fromEntries(clients.map(({ name, client }) => [name, client.state()])),
    close: async () => {
      await Promise.all(clients.map(({ client }) => client.close()));
    },
  };
}
