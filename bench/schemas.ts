import { toDefinitions } from '../src/gather/database/tables.ts';
import { smokehouse } from '../src/smokehouse/index.ts';

/** The PostgreSQL schemas of the engine. */
export const SCHEMAS = { engineSchema: 'gather', queueSchema: 'gather_jobs' };

/** The shop, for `migrate` and `installQueues`. */
export const SHOP = { ...smokehouse, ...SCHEMAS };

/** The tables of the shop, for `createPools`. */
export const TABLES = {
  definitions: toDefinitions(smokehouse.database.tables, SCHEMAS.engineSchema),
  queueSchema: SCHEMAS.queueSchema,
};
