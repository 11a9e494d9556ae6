import { createTables, type Database, GatherError, type Id, type JobRow, type Services } from 'gather';
import type { OrderRow } from '../generated/database.ts';
import { findOrderFaults, type OrderFault } from './order-faults.ts';
import { findOrderLike, insertOrder, type NewOrder } from './order-rows.ts';

interface OrderSource {
  database: Database;
  inventory: Services['inventory'];
  /** Enqueues the job that prepares an order, in the transaction that is passed to it. */
  enqueue: (transaction: Database, orderId: Id) => Promise<JobRow>;
}

/** The order, or its faults. */
type Placed = { order: OrderRow; faults: [] } | { order: null; faults: OrderFault[] };

/**
 * Places an order: inserts it, its lines and its job in one transaction. If its owner has placed an order with the same
 * `clientMutationId` and the same lines already, or does so concurrently, returns that one.
 *
 * Checks the stock before anything is written, and does not reserve it. While the inventory service fails, nothing is
 * ordered, because items that are sold out could not be prepared. The fault has the code and the name of the service, and
 * the request may be sent again; with a `clientMutationId` even if the answer was lost.
 *
 * @throws CONFLICT if items change concurrently, so that it is unknown whether they can be ordered
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
  const message = `Expected a new ID for each order, got "${order.clientMutationId}", which another order has.`;
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

/** Resolves a conflict with the same order, or with a change of an item. */
async function explain(source: OrderSource, order: NewOrder, conflict: GatherError): Promise<Placed> {
  const placed = await findPlaced(source, order);
  if (placed) return placed;
  const faults = await findOrderFaults(source, order.lines);
  if (faults.length === 0) throw conflict;
  return { order: null, faults };
}
