import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { type Client, Database } from '../database/database.ts';
import type { Pools } from '../database/pool.ts';
import type { Replica } from '../database/replica.ts';
import { createTables } from '../database/tables.ts';
import type { CreateLoaders } from '../loaders/index.ts';
import { createSchedule } from '../loaders/schedule.ts';
import type { ServiceClients } from '../services/create-services.ts';
import type { ListInputs } from './lists/list-inputs.ts';
import type { Operation } from './operation.ts';
import { type RowLevelSecurity, settingsOf } from './row-level-security.ts';
import type { PlannedContext } from './use-plan.ts';
import type { TimingContext } from './use-timing.ts';

interface Sources
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

/** Adds the sources to the context of each operation, bound to its signal: the rest of `Context`. */
export function useSources({
  pools,
  replica,
  publicUrl,
  rowLevelSecurity,
  createLoaders,
  inputs,
  clients,
  ...sources
}: Sources): Plugin<Context & PlannedContext & TimingContext> {
  const addSources = ({ args }: Operation<Context & PlannedContext & TimingContext & YogaInitialContext>) => {
    const context = args.contextValue;
    const { columns, leads, args: validated } = context.planned;
    const end = context.timing.begin('context');
    const { key, since, onStatement } = context.client;
    const client: Required<Client> = {
      key,
      since,
      onStatement,
      onRead: context.answerSize.addRead,
      settings: rowLevelSecurity && settingsOf(rowLevelSecurity, context.viewer),
    };
    const isQuery = validated.operation.operation === 'query';
    const chosen = replica && isQuery ? replica.poolsFor(key) : pools;
    const database = new Database(chosen, context.signal, client);
    const services = clients.bind(context.signal);
    const source = { database, services, columns, schedule: createSchedule(database, leads) };
    Object.assign(context, sources, {
      database,
      services,
      publicUrl: publicUrl ?? new URL(context.request.url).origin,
      columns,
      toWhere: (type, where) => inputs.toWhere(type, where, context.viewer) as never,
      toOrderBy: (type, orderBy) => inputs.toOrderBy(type, orderBy, context.viewer) as never,
      tables: createTables(database),
      loaders: createLoaders(source),
      renewLoaders: () => {
        context.loaders = createLoaders(source);
      },
    } satisfies Partial<Context>);
    end();
  };
  return { onExecute: addSources, onSubscribe: addSources };
}
