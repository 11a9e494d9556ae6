import { defineApp, defineSchedule } from 'gather';
import * as z from 'zod';
import { burnSomeMeats } from './burn/burnSomeMeats.ts';
import { Certificate } from './certificates/Certificate.ts';
import { certificateDownload } from './certificates/download.ts';
import { issueCertificate } from './certificates/issueCertificate.ts';
import { add } from './demo-jobs/add.ts';
import { add as addTask } from './demo-jobs/add-task.ts';
import { fetchData as fetchDataTask } from './demo-jobs/fetch-data-task.ts';
import { fetchData } from './demo-jobs/fetchData.ts';
import { tabs } from './documents/tabs.ts';
import { startExampleServices } from './example-services/index.ts';
import { rowLoaders, tables } from './generated/database.ts';
import { Home } from './home/Home.ts';
import { Promo } from './home/Promo.ts';
import { Recommendation } from './home/Recommendation.ts';
import { averageRatingByItemId } from './items/average-rating-by-item-id.ts';
import { createItem } from './items/createItem.ts';
import { createItems } from './items/createItems.ts';
import { deleteItem } from './items/deleteItem.ts';
import { getOrCreateItem } from './items/getOrCreateItem.ts';
import { Item } from './items/Item.ts';
import { Menu } from './items/Menu.ts';
import { createUpload, photo, uploadFile } from './items/photo.ts';
import { repriceItems } from './items/repriceItems.ts';
import { updateItem } from './items/updateItem.ts';
import { updateItems } from './items/updateItems.ts';
import { updateOrCreateItem } from './items/updateOrCreateItem.ts';
import { migrations } from './migrations/index.ts';
import { linesByOrderId } from './orders/lines-by-order-id.ts';
import { Order } from './orders/Order.ts';
import { OrderLine } from './orders/OrderLine.ts';
import { placeOrder } from './orders/placeOrder.ts';
import { prepareOrder } from './orders/prepare-order.ts';
import { Query } from './Query.ts';
import { addReview } from './reviews/addReview.ts';
import { Customer } from './reviews/Customer.ts';
import { Review } from './reviews/Review.ts';
import { sampleUsers } from './sample-users.ts';
import { seed } from './seed/seed.ts';
import { services } from './services/index.ts';
import { smokeSomeMeats } from './smoke/smokeSomeMeats.ts';
import { dailyStatistics } from './statistics/daily-statistics-task.ts';
import { writeDailyStatistics } from './statistics/writeDailyStatistics.ts';
import { Supplier } from './suppliers/Supplier.ts';
import { completeTask } from './tasks/completeTask.ts';
import { createTask } from './tasks/createTask.ts';
import { types } from './types.ts';

const loaders = { averageRatingByItemId, linesByOrderId };

const settings = {
  /** The JSON file behind `Query.about`. */
  ABOUT_FILE: z.string().min(1, 'expected the path of a JSON file').optional(),
};

declare module 'gather' {
  interface Register {
    services: typeof services;
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
  resolvers: {
    Query,
    Mutation: {
      createItem,
      updateItem,
      deleteItem,
      getOrCreateItem,
      updateOrCreateItem,
      createItems,
      updateItems,
      repriceItems,
      createTask,
      completeTask,
      addReview,
      placeOrder,
      uploadFile,
      createUpload,
      issueCertificate,
      add,
      fetchData,
      writeDailyStatistics,
      smokeSomeMeats,
      burnSomeMeats,
    },
    Home,
    Promo,
    Recommendation,
    Menu,
    Item,
    Supplier,
    Customer,
    Review,
    Order,
    OrderLine,
    Certificate,
  },
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
