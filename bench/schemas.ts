import { toDefinitions } from '../src/gather/database/tables.ts';
import { smokehouse } from '../src/smokehouse/index.ts';

/** Where the engine's tables and the job queue are. */
export const SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

/** What `migrate` and `installQueues` put into a database for the shop. */
export const SHOP = { ...smokehouse, ...SCHEMAS };

/** What pools are told of the tables. */
export const TABLES = {
  definitions: toDefinitions(smokehouse.database.tables, SCHEMAS.engineSchema),
  queueSchema: SCHEMAS.queueSchema,
};
