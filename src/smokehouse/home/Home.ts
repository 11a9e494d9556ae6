import { toPage } from 'gather';
import type { HomeResolvers } from '../generated/schema.ts';

/** The home page has no data of its own: each field has a resolver. */
export type HomeParent = Readonly<Record<string, never>>;

const RECOMMENDATIONS = 10;

export const Home: HomeResolvers = {
  promo: (_, __, { services }) => services.promo.getPromo(),

  recommendations: async (_, __, { services }) => {
    const found = await services.recommendations.getRecommendations({ query: { limit: RECOMMENDATIONS } });
    return found.recommendations;
  },

  featured: async (_, { first }, { tables, columns, loaders }) => {
    const featured = tables.item.connection({
      name: 'featured',
      where: { status: 'ACTIVE' },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns.item,
      page: toPage({ first }),
      onRows: (rows) => loaders.known.add('item', rows),
    });
    return (await featured.read()).rows;
  },
};
