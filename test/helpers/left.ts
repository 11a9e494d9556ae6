import { expect, vi } from 'vitest';
import type { TestApp } from './app.ts';

const ACTIVE = `select query from pg_stat_activity
  where datname = current_database() and application_name = 'gather' and state <> 'idle'`;

/** What the server is busy with, as its sources see it: statements and transactions, and requests. */
export async function findLeft({ database, services }: TestApp): Promise<string[]> {
  const { promo, recommendations, pricing, inventory, suppliers } = services;
  const rows = await database.ask<{ query: string }>(ACTIVE);
  const open = [promo, recommendations, pricing, inventory, suppliers].flatMap((service) => service.open);
  return [...rows.map(({ query }) => query), ...open];
}

/** Waits until the server is busy with so many things. */
export async function untilLeft(gather: TestApp, count: number, timeout = 5000): Promise<void> {
  await vi.waitFor(async () => expect(await findLeft(gather)).toHaveLength(count), { timeout, interval: 10 });
}
