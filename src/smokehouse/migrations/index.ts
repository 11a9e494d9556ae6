import type { AppMigration } from 'gather';
import { createShop } from './0001-shop.ts';
import { createOrders } from './0002-orders.ts';
import { createCertificates } from './0003-certificates.ts';
import { indexItemWords } from './0004-item-words.ts';

/** The migrations by name. Each runs once, in the order of their names. */
export const migrations: Readonly<Record<string, AppMigration>> = {
  '0001-shop': createShop,
  '0002-orders': createOrders,
  '0003-certificates': createCertificates,
  '0004-item-words': indexItemWords,
};
