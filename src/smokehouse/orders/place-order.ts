import { createTables, type Database, GatherError, type Id, type JobRow } from 'gather';
import type { OrderRow } from '../generated/database.ts';
import type { Inventory } from '../services/inventory.ts';
import { findOrderFaults, type OrderFault } from './order-faults.ts';
import { findOrderLike, insertOrder, type NewOrder } from './order-rows.ts';

interface OrderSource {
  database: Database;
  inventory: Inventory;
  /** Enqueues the job that prepares an order, in the transaction that it is handed. */
  enqueue: (transaction: Database, orderId: Id) => Promise<JobRow>;
}

/** Result of an order: the order, or its faults. */
type Placed = { order: OrderRow; faults: [] } | { order: null; faults: OrderFault[] };

/**
 * Places an order: writes it, its lines and its job, or nothing. With the `clientMutationId` of an order that its owner
 * has placed already, also at the same time, that one is given, if it has the same lines.
 *
 * Stock is asked for before anything is written, and is not reserved. While the inventory service is down, slow or
 * wrong, nothing is ordered, because what is sold out could not be prepared: the fault has that service's code and
 * name, and the same request may be sent again. With a `clientMutationId` that is safe even where the answer was lost.
 *
 * @throws CONFLICT where items change at this very moment in such a way that it is not known whether they can be ordered
 */
export async function placeOrder(source: OrderSource, order: NewOrder): Promise<Placed> {
  const placed = await findPlaced(source, order);
  if (placed) return placed;
  const faults = await findOrderFaults(source, order.lines);
  if (faults.length > 0) return { order: null, faults };
  try {
    return { order: await write(source, order), faults: [] };
  } catch (error) {
    if (!(error instanceof GatherError) || error.code !== 'CONFLICT') throw error;
    return explain(source, order, error);
  }
}

async function findPlaced({ database }: OrderSource, order: NewOrder): Promise<Placed | undefined> {
  if (order.clientMutationId === null) return undefined;
  const found = await findOrderLike(database, order);
  if (!found) return undefined;
  if (found.hasSameLines) return { order: found, faults: [] };
  const message = `Expected an ID of its own for each order, got "${order.clientMutationId}", which was used for another one.`;
  return { order: null, faults: [{ code: 'CONFLICT', message, field: ['clientMutationId'] }] };
}

function write({ database, enqueue }: OrderSource, order: NewOrder): Promise<OrderRow> {
  return database.transaction(async (transaction) => {
    const row = await insertOrder(transaction, order);
    if (!row) throw new GatherError('CONFLICT', 'An item was changed meanwhile. Try again.', { retryable: true });
    const job = await enqueue(transaction, row.id);
    return createTables(transaction).order.save({ id: row.id, jobId: job.id });
  });
}

/** What came in between: the same order, or a change of an item. */
async function explain(source: OrderSource, order: NewOrder, conflict: GatherError): Promise<Placed> {
  const placed = await findPlaced(source, order);
  if (placed) return placed;
  const faults = await findOrderFaults(source, order.lines);
  if (faults.length === 0) throw conflict;
  return { order: null, faults };
}
