import { expect } from 'vitest';
import type { TestApp } from './app.ts';
import { eventually } from './eventually.ts';

const ACTIVE = `select query from pg_stat_activity
  where datname = current_database() and application_name like 'gather%' and state <> 'idle'`;

/** What the server is busy with, as its sources see it: statements and transactions, and requests. */
export async function findLeft({ database, services }: TestApp): Promise<string[]> {
  const rows = await database.ask<{ query: string }>(ACTIVE);
  return [...rows.map(({ query }) => query), ...services.open()];
}

/** Waits until the server is busy with so many things. */
export async function untilLeft(gather: TestApp, count: number): Promise<void> {
  await eventually(async () => expect(await findLeft(gather)).toHaveLength(count));
}
