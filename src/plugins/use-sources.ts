import type { Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { Database } from '../database/database.ts';
import type { Pools } from '../database/pool.ts';
import { createTables } from '../database/tables.ts';
import { createLoaders } from '../loaders/index.ts';
import { createSchedule } from '../loaders/schedule.ts';
import { selectionOf } from '../resolvers/selection.ts';
import type { Upstreams } from '../upstreams/index.ts';
import type { TimingContext } from './use-timing.ts';

interface Sources {
  pools: Pools;
  upstreams: Upstreams;
  readAbout: Context['readAbout'];
}

/** Hands each operation its sources, bound to its signal: the rest of `Context`. */
export function useSources({ pools, upstreams, readAbout }: Sources): Plugin<Context & TimingContext> {
  return {
    onExecute({ args }) {
      const context = args.contextValue;
      const end = context.timing.begin('context');
      const database = new Database(pools, context.signal);
      const { columns, references } = selectionOf(args.schema, args.document);
      const source = { database, upstreams, columns, schedule: createSchedule(database) };
      Object.assign(context, {
        database,
        upstreams,
        columns,
        readAbout,
        tables: createTables(database),
        loaders: createLoaders(source, references),
        renewLoaders: () => {
          context.loaders = createLoaders(source, references);
        },
      } satisfies Partial<Context>);
      end();
    },
  };
}
