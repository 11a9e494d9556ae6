import pg from 'pg';

interface Item {
  id: string;
  sku: string;
  name: string;
  supplierId: string;
}

interface Named {
  id: string;
  name: string;
}

export interface Review {
  itemId: string;
  rating: number;
  text: string;
  customerId: string;
}

/** The newest reviews of an item, so many. */
export interface ReviewsKey {
  itemId: string;
  first: number;
}

export type Shop = ReturnType<typeof createShop>;

/**
 * The statements of the page, named, on a pool of ten connections. Those by keys give one result per key, in the order of
 * the keys.
 */
export function createShop(databaseUrl: string) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });

  return {
    items: (first: number) =>
      run<Item>('items', 'select id, sku, name, "supplierId" from item order by id limit $1', [first]),

    suppliersById: (ids: readonly string[]) =>
      runById('suppliersById', 'select id, name from supplier where id = any($1::bigint[])', ids),

    customersById: (ids: readonly string[]) =>
      runById('customersById', 'select id, name from customer where id = any($1::bigint[])', ids),

    async reviewsByItem(keys: readonly ReviewsKey[]): Promise<Review[][]> {
      const rows = await run<Review & { position: string }>(
        'reviewsByItem',
        `select position, review.*
         from unnest($1::bigint[], $2::integer[]) with ordinality as key (item_id, first, position)
         cross join lateral (
           select "itemId", rating, text, "customerId" from review where "itemId" = item_id order by id desc limit key.first
         ) review`,
        [keys.map((key) => key.itemId), keys.map((key) => key.first)],
      );
      const byPosition = Map.groupBy(rows, (row) => Number(row.position));
      return keys.map((_, index) => byPosition.get(index + 1) ?? []);
    },
  };

  async function runById(name: string, text: string, ids: readonly string[]): Promise<(Named | null)[]> {
    const rows = await run<Named>(name, text, [ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async function run<Row extends object>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    return (await pool.query<Row>({ name, text, values })).rows;
  }
}
