import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { Pool } from 'undici';

interface Row {
  id: string;
  sku: string;
  name: string;
  supplierId: string;
  itemId: string;
  customerId: string;
  rating: number;
  text: string;
}

interface Sources {
  databaseUrl: string;
  pricingUrl: string;
  inventoryUrl: string;
}

/** The page as written by hand: no GraphQL, no batching layer, named statements, two keep-alive pools. */
export function createHandWritten({ databaseUrl, pricingUrl, inventoryUrl }: Sources) {
  const database = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const pricing = new Pool(new URL(pricingUrl).origin, { connections: 64 });
  const inventory = new Pool(new URL(inventoryUrl).origin, { connections: 64 });

  return createServer(async (request, response) => {
    const { isDatabaseOnly } = JSON.parse(await readBody(request));
    const page = await readPage(isDatabaseOnly);
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(page));
  });

  async function readPage(isDatabaseOnly: boolean) {
    const items = await run('items', 'select id, sku, name, "supplierId" from item order by id limit 21', []);
    items.length = 20;
    const skus = items.map((item) => item.sku).join(',');
    const [suppliers, [reviews, customers], prices, stock] = await Promise.all([
      run('suppliers', 'select id, name from supplier where id = any($1::bigint[])', [
        [...new Set(items.map((item) => item.supplierId))],
      ]),
      readReviews(items.map((item) => item.id)),
      isDatabaseOnly ? undefined : getJson<{ prices: Record<string, string> }>(pricing, `/prices?skus=${skus}`),
      isDatabaseOnly ? undefined : getJson<{ stock: Record<string, number> }>(inventory, `/stock?skus=${skus}`),
    ]);
    const supplierById = new Map(suppliers.map((row) => [row.id, row]));
    const customerById = new Map(customers.map((row) => [row.id, row]));
    const reviewsByItemId = Map.groupBy(reviews, (row) => row.itemId);
    const nodes = items.map((item) => ({
      sku: item.sku,
      name: item.name,
      supplier: { name: supplierById.get(item.supplierId)?.name },
      reviews: {
        nodes: (reviewsByItemId.get(item.id) ?? []).map((review) => ({
          rating: review.rating,
          text: review.text,
          customer: { name: customerById.get(review.customerId)?.name },
        })),
      },
      ...(prices && { currentPrice: prices.prices[item.sku] ?? null }),
      ...(stock && { stock: stock.stock[item.sku] ?? null }),
    }));
    return { data: { menu: { items: { nodes } } } };
  }

  async function readReviews(itemIds: string[]) {
    const reviews = await run(
      'reviews',
      `select review.* from unnest($1::bigint[]) item_id cross join lateral (
         select id, "itemId", rating, text, "customerId" from review where "itemId" = item_id order by id desc limit 5
       ) review`,
      [itemIds],
    );
    const customerIds = [...new Set(reviews.map((review) => review.customerId))];
    return [
      reviews,
      await run('customers', 'select id, name from customer where id = any($1::bigint[])', [customerIds]),
    ] as const;
  }

  async function run(name: string, text: string, values: unknown[]) {
    return (await database.query<Row>({ name, text, values })).rows;
  }
}

async function getJson<T>(pool: Pool, path: string): Promise<T> {
  const { body } = await pool.request({ method: 'GET', path });
  return (await body.json()) as T;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
