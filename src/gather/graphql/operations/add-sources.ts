import type { Context } from '../../context.ts';
import { type Client, Database } from '../../database/database.ts';
import type { Pools } from '../../database/pool.ts';
import type { Replica } from '../../database/replica.ts';
import { createTables } from '../../database/tables.ts';
import type { CreateLoaders } from '../../loaders/index.ts';
import { createSchedule } from '../../loaders/schedule.ts';
import { arrival } from '../../monitoring/request-id.ts';
import type { ServiceClients } from '../../services/create-services.ts';
import { keyOf } from '../limits/charge.ts';
import type { ListInputs } from '../lists/list-inputs.ts';
import { type RowLevelSecurity, settingsOf } from '../row-level-security.ts';
import { isQuery, isSubscription, type Operation } from './operation.ts';
import type { PlannedOperation } from './plan-operation.ts';

/** What an application gives its resolvers. */
export interface Sources
  extends Pick<
    Context,
    'jobs' | 'schedules' | 'threads' | 'files' | 'uploads' | 'timeZone' | 'settings' | 'assertFetchable'
  > {
  pools: Pools;
  clients: Pick<ServiceClients, 'bind'>;
  /** Queries read from it, once it is up to date for their client. */
  replica: Replica | undefined;
  createLoaders: CreateLoaders;
  inputs: ListInputs;
  /** @default the origin of the request */
  publicUrl: string | undefined;
  /** @default no policies */
  rowLevelSecurity: RowLevelSecurity | undefined;
}

/** Adds the sources to the context of an operation, bound to its signal: the rest of `Context`. */
export type AddSources = (operation: Operation, planned: PlannedOperation) => void;

export function createAddSources({
  pools,
  replica,
  publicUrl,
  rowLevelSecurity,
  createLoaders,
  inputs,
  clients,
  ...sources
}: Sources): AddSources {
  return (operation, { columns, leads }) => {
    const { context, request } = operation;
    const { signal } = context;
    const client: Required<Client> = {
      key: keyOf(context),
      // The events of a subscription come at any time later.
      since: isSubscription(operation) ? undefined : arrival(),
      onStatement: operation.charge?.addStatement,
      onRead: context.answerSize.addRead,
      settings: rowLevelSecurity && settingsOf(rowLevelSecurity, context.viewer),
    };
    const chosen = replica && isQuery(operation) ? replica.poolsFor(client.key) : pools;
    const database = new Database(chosen, signal, client);
    const services = clients.bind(signal);
    const source = { database, services, columns, schedule: createSchedule(database, leads) };
    Object.assign(context, sources, {
      client,
      database,
      services,
      publicUrl: publicUrl ?? new URL(request.url).origin,
      columns,
      toWhere: (type, where) => inputs.toWhere(type, where, context.viewer) as never,
      toOrderBy: (type, orderBy) => inputs.toOrderBy(type, orderBy, context.viewer) as never,
      tables: createTables(database),
      loaders: createLoaders(source),
      renewLoaders: () => {
        context.loaders = createLoaders(source);
      },
    } satisfies Partial<Context>);
  };
}
