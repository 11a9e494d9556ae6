import { type Database, type Id, param, toColumns, toList } from 'gather';
import { sql } from 'kysely';
import type { OrderRow } from '../generated/database.ts';

/** A line of an order: an item and a quantity. */
export interface NewLine {
  itemId: Id;
  quantity: number;
}

/** An order to insert. */
export interface NewOrder {
  /** Who orders; null for an anonymous viewer. */
  owner: string | null;
  /** The client's idempotency key; null if it gave none. */
  clientMutationId: string | null;
  /** At least one. Several may have the same item. */
  lines: readonly NewLine[];
}

/** A line of an order, as it is prepared. */
interface LineToPrepare {
  quantity: number;
  name: string;
}

/**
 * Inserts an order and its lines, at the present prices, if all items are ACTIVE. Locks the items, so that their prices and
 * statuses cannot change until the transaction ends.
 * @returns undefined, with nothing inserted, if an item is missing or not ACTIVE
 * @throws CONFLICT if the owner has an order with the same `clientMutationId`
 */
export async function insertOrder(database: Database, order: NewOrder): Promise<OrderRow | undefined> {
  const statement = database.bind(
    'insertOrder',
    (table) => sql<OrderRow>`
      with input as (
        select * from ${inputLines} as input ("itemId", quantity, "$position")
      ), priced as (
        select id, price from ${table('item')} where status = 'ACTIVE' and id in (select "itemId" from input)
        order by id for share
      ), lines as (
        select input.*, price from input join priced on priced.id = "itemId"
      ), created as (
        insert into ${table('order')} (owner, "clientMutationId", total)
        select ${param('owner')}::text, ${param('clientMutationId')}::text, sum(quantity * price) from lines
        having count(*) = (select count(*) from input)
        returning ${toList(toColumns(database.definitions.order, undefined))}
      ), written as (
        insert into ${table('orderLine')} ("orderId", "itemId", quantity, price)
        select created.id, "itemId", quantity, price from created cross join lines order by "$position"
      )
      select ${toList(toColumns(database.definitions.order, undefined))} from created`,
    toValues(order),
  );
  return (await database.run(statement, { name: 'order.insert', keys: order.lines.length })).rows[0];
}

/** The owner's order with the same `clientMutationId`, if any, and whether it has the same lines. */
export async function findOrderLike(
  database: Database,
  order: NewOrder,
): Promise<(OrderRow & { hasSameLines: boolean }) | undefined> {
  const statement = database.bind(
    'findOrderLike',
    (table) => sql<OrderRow & { hasSameLines: boolean }>`
      select ${toList(toColumns(database.definitions.order, undefined))}, array(
          select ("itemId", quantity) from ${table('orderLine')} where "orderId" = "order".id order by id
        ) = array(
          select ("itemId", quantity) from ${inputLines} as input ("itemId", quantity, "$position") order by "$position"
        ) as "hasSameLines"
      from ${table('order')}
      where coalesce(owner, '') = coalesce(${param('owner')}::text, '')
        and "clientMutationId" = ${param('clientMutationId')}::text`,
    toValues(order),
  );
  return (await database.run(statement, { name: 'order.findLike' })).rows[0];
}

/** The lines of an order, in order, with the names of their items. */
export async function linesToPrepare(database: Database, orderId: Id): Promise<LineToPrepare[]> {
  const statement = database.bind(
    'linesToPrepare',
    (table) => sql<LineToPrepare>`
      select quantity, name from ${table('orderLine')} join ${table('item')} on item.id = "itemId"
      where "orderId" = ${param('orderId')} order by "orderLine".id`,
    { orderId },
  );
  return (await database.run(statement, { name: 'order.linesToPrepare' })).rows;
}

/** The lines of the input, with their positions. */

const inputLines = sql`unnest(${param('itemIds')}::bigint[], ${param('quantities')}::integer[]) with ordinality`;

function toValues({ owner, clientMutationId, lines }: NewOrder) {
  return {
    owner,
    clientMutationId,
    itemIds: lines.map(({ itemId }) => itemId),
    quantities: lines.map(({ quantity }) => quantity),
  };
}
