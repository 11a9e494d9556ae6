import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask, GatherError, isId } from 'gather';
import * as z from 'zod';
import { linesToPrepare } from './order-rows.ts';

/** The time per line. */
const SMOKING_MS = 200;

/** Prepares an order, line by line. Does nothing if it is READY. */
export const prepareOrder = defineTask({
  name: 'prepareOrder',
  input: z.object({ orderId: z.string().refine(isId) }),
  attempts: 5,
  backoffSeconds: 2,
  timeoutMs: 60_000,
  concurrency: 4,
  // An order must not be refused because its owner has too many jobs.
  isEssential: true,
  run: async ({ orderId: id }, { database, tables, signal, progress }) => {
    const order = await tables.order.find({ id }, { columns: ['status'] });
    if (!order) throw new GatherError('NOT_FOUND', `There is no order ${id}.`);
    const lines = await linesToPrepare(database, id);
    if (order.status !== 'READY') {
      // `status: 'PLACED'`: a late attempt must not undo the work of one that has finished.
      await tables.order.update({ id, status: 'PLACED' }, { status: 'PREPARING' });
      for (const [index, { quantity, name }] of lines.entries()) {
        progress(index / lines.length, `Smoking ${quantity} × ${name}`);
        await sleep(SMOKING_MS, undefined, { signal });
      }
      await tables.order.update({ id, status: 'PREPARING' }, { status: 'READY' });
    }
    return { status: 'READY', lines: lines.length };
  },
});
