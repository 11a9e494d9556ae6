import { fastify } from 'fastify';
import { createShop } from './shop.ts';

const named = { type: 'object', nullable: true, properties: { name: { type: 'string' } } };

const review = {
  type: 'object',
  properties: { rating: { type: 'integer' }, text: { type: 'string' }, customer: named },
};

const item = {
  type: 'object',
  properties: {
    sku: { type: 'string' },
    name: { type: 'string' },
    supplier: named,
    reviews: { type: 'array', items: review },
  },
};

const numberOf = { type: 'integer', minimum: 0, maximum: 100 };

const body = { type: 'object', required: ['items', 'reviews'], properties: { items: numberOf, reviews: numberOf } };

/** Fastify with a route written for the page, with schemas. @returns its URL */
export async function start(databaseUrl: string): Promise<string> {
  const shop = createShop(databaseUrl);
  const app = fastify();

  // All servers are asked at the same path.
  app.post<{ Body: { items: number; reviews: number } }>(
    '/graphql',
    { schema: { body, response: { 200: { type: 'array', items: item } } } },
    async (request) => {
      const items = await shop.items(request.body.items);
      const supplierIds = [...new Set(items.map((item) => item.supplierId))];
      const [suppliers, reviews] = await Promise.all([
        shop.suppliersById(supplierIds),
        shop.reviewsByItem(items.map(({ id }) => ({ itemId: id, first: request.body.reviews }))),
      ]);
      const customerIds = [...new Set(reviews.flat().map((review) => review.customerId))];
      const customers = await shop.customersById(customerIds);

      const supplierById = new Map(suppliers.map((supplier, index) => [supplierIds[index], supplier]));
      const customerById = new Map(customers.map((customer, index) => [customerIds[index], customer]));
      return items.map(({ sku, name, supplierId }, index) => ({
        sku,
        name,
        supplier: supplierById.get(supplierId),
        reviews: reviews[index]?.map(({ rating, text, customerId }) => ({
          rating,
          text,
          customer: customerById.get(customerId),
        })),
      }));
    },
  );
  return app.listen({ host: '127.0.0.1', port: 0 });
}
