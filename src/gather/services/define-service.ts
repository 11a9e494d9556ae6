import type { Registered } from '../register.ts';
import { ServiceClient, type ServiceState } from './service-client.ts';

/** A service of an application. Its name is the one under which `defineApp` is given it. */
export interface ServiceDefinition<Api> {
  /** How many calls run at once. @default 64 */
  connections?: number;
  /** How many calls wait for a connection. One more is refused. @default 512 */
  maxQueued?: number;
  /** For a whole call: waiting and retries included. The setting `<NAME>_TIMEOUT_MS` overrides it. @default 2000 */
  timeoutMs?: number;
  /** What the application asks of it. */
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

/** Where a service is, and how long one call to it may take. */
export interface ServiceConfig {
  /** Base URL; may have a path. */
  url: string;
  /** For a whole call, retries included. @default what the definition says */
  timeoutMs?: number | undefined;
}

/** The clients of all services. */
export interface ServiceClients {
  services: Services;
  /** What each service is busy with now. */
  state(): Record<string, ServiceState>;
  /** Closes every connection. Calls under way fail. */
  close(): Promise<void>;
}

const DEFAULTS = { connections: 64, maxQueued: 512, timeoutMs: 2000 };

/** Defines a service by what the application asks of it. */
export function defineService<Api>(definition: ServiceDefinition<Api>): ServiceDefinition<Api> {
  return definition;
}

/** Connects to the services; the first connection is opened by the first call. End with `close()`. */
export function createServices(
  definitions: ServiceDefinitions,
  configs: Readonly<Record<string, ServiceConfig>>,
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
