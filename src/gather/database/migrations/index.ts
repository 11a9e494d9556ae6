import type { Migration } from 'kysely/migration';
import { up as createShop } from '../../../smokehouse/migrations/0001-shop.ts';
import { up as createOrders } from '../../../smokehouse/migrations/0003-orders.ts';
import { up as createJobs } from './0002-jobs.ts';
import { up as createFiles } from './0004-files.ts';
import { up as createUsers } from './0005-users.ts';
import { up as createStorage } from './0006-storage.ts';
import { up as createTurns } from './0007-turns.ts';

/** Every migration by its name. They run in the order of their names, each once for a database. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-shop': { up: createShop },
  '0002-jobs': { up: createJobs },
  '0003-orders': { up: createOrders },
  '0004-files': { up: createFiles },
  '0005-users': { up: createUsers },
  '0006-storage': { up: createStorage },
  '0007-turns': { up: createTurns },
};
