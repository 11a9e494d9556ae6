import { type Bulk, type BulkPlan, toBulkPlan } from './bulk.ts';
import type { Contract, OperationContract } from './contract.ts';

/** What a person knows of a service, and its OpenAPI file does not say. */
export interface ServiceOptions<Api, Bulks> {
  /** Maximum number of concurrent calls. @default 64 */
  connections?: number;
  /** Maximum number of calls that wait for a connection; more are refused. @default 512 */
  maxQueued?: number;
  /** Of a whole call, with waiting and retries. The setting `<NAME>_TIMEOUT_MS` overrides it. @default 2000 */
  timeoutMs?: number;
  /** The operations that read values by key: each is a loader. */
  bulk?: Bulks;
  /** Statuses of failure that a healthy service answers: these are not retried, and do not open the breaker. */
  expected?: { readonly [Operation in keyof Api]?: readonly number[] };
}

/** A service of an application. `defineApp` gives it its name. */
export interface ServiceDefinition<Api = object, Bulks = object> extends ServiceOptions<Api, Bulks> {
  readonly contract: Contract<Api>;
}

/** Services by their names. */
// biome-ignore lint/suspicious/noExplicitAny: each has its own operations
export type ServiceDefinitions = Readonly<Record<string, ServiceDefinition<any, any>>>;

/** The declarations of some of an API's operations, and of no others. */
type BulksOf<Api> = { readonly [Operation in keyof Api]?: Bulk };
type NoOthers<Api, Bulks> = { readonly [Operation in Exclude<keyof Bulks, keyof Api>]: never };

/**
 * Defines a service by its contract, which `npm run codegen` reads from its OpenAPI file.
 *
 * ```ts
 * export const ratings = defineService(contracts.ratings, {
 *   timeoutMs: 2000,
 *   bulk: { getRatings: { in: 'query.ids', max: 100, out: 'ratings[]', by: 'bookId' } },
 * });
 * ```
 *
 * @throws Error if `bulk` names a parameter, a list or a property that the contract does not have
 */
export function defineService<Api, const Bulks extends BulksOf<Api> = object>(
  contract: Contract<Api>,
  options: ServiceOptions<Api, Bulks & NoOthers<Api, Bulks>> = {},
): ServiceDefinition<Api, Bulks> {
  const definition: ServiceDefinition<Api, Bulks> = { ...options, contract };
  toBulkPlans(definition);
  return definition;
}

/** How the keys of each operation in `bulk` are read, by its name. */
export function toBulkPlans<Api, Bulks>({ contract, bulk }: ServiceDefinition<Api, Bulks>): Map<string, BulkPlan> {
  const operations: Readonly<Record<string, OperationContract>> = contract.operations;
  const plans = Object.entries<Bulk>(bulk ?? {}).map(([name, declared]) => {
    const operation = operations[name];
    if (!operation) throw new Error(`bulk.${name}: the contract has no such operation.`);
    try {
      return [name, toBulkPlan(contract.definitions, operation, declared)] as const;
    } catch (error) {
      throw new Error(`bulk.${name}: ${(error as Error).message}`, { cause: error });
    }
  });
  return new Map(plans);
}
