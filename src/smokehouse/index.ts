import { defineApp, defineSchedule } from 'gather';
import * as z from 'zod';
import { certificateDownload } from './certificates/download.ts';
import { add as addTask } from './demo-jobs/add-task.ts';
import { fetchData as fetchDataTask } from './demo-jobs/fetch-data-task.ts';
import { tabs } from './documents/tabs.ts';
import { startExampleServices } from './example-services/index.ts';
import { rowLoaders, tables } from './generated/database.ts';
import { averageRatingByItemId } from './items/average-rating-by-item-id.ts';
import { photo } from './items/photo.ts';
import { migrations } from './migrations/index.ts';
import * as Mutation from './mutations/index.ts';
import { prepareOrder } from './orders/prepare-order.ts';
import { Query } from './Query.ts';
import { sampleUsers } from './sample-users.ts';
import { seed } from './seed/seed.ts';
import { services } from './services/index.ts';
import { dailyStatistics } from './statistics/daily-statistics-task.ts';
import { types } from './tables.ts';
import * as resolvers from './types/index.ts';

const loaders = { averageRatingByItemId };

const settings = {
  /** The JSON file behind `Query.about`. */
  ABOUT_FILE: z.string().min(1, 'expected the path of a JSON file').optional(),
};

declare module 'gather' {
  interface Register {
    loaders: typeof loaders;
    settings: typeof settings;
  }
}

/** The Smokehouse: a shop for smoked meats. */
export const smokehouse = defineApp({
  name: 'Smokehouse',
  schema: new URL('../../schema.graphql', import.meta.url),
  database: { tables, rowLoaders },
  types,
  resolvers: { Query, Mutation, ...resolvers },
  loaders,
  services,
  tasks: [addTask, fetchDataTask, prepareOrder, dailyStatistics],
  schedules: [defineSchedule('dailyStatistics', { cron: '10 0 * * *', task: dailyStatistics, input: {} })],
  migrations,
  seed: (databaseUrl, options) => seed(databaseUrl, { size: 'shop', ...options }),
  attachments: { photo },
  downloads: { certificates: certificateDownload },
  documents: { manifest: new URL('./generated/documents.json', import.meta.url), tabs },
  settings,
  sampleUsers,
  startExamples: startExampleServices,
  firstQuery: '{ home { promo { title } featured(first: 3) { name price } } }',
});
