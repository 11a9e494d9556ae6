import { readConnection } from '../database/connections.ts';
import { toPage } from '../database/page.ts';
import { definitions } from '../database/tables.ts';
import type { HomeResolvers } from './types.generated.ts';

/** The home page has nothing of its own: each of its parts is read by its resolver. */
export type HomeParent = Readonly<Record<string, never>>;

const RECOMMENDATIONS = 10;

export const Home: HomeResolvers = {
  promo: (_, __, { upstreams, signal }) => upstreams.promo.today(signal),

  recommendations: (_, __, { upstreams, signal }) => upstreams.recommendations.list({ limit: RECOMMENDATIONS }, signal),

  featured: async (_, { first }, { database, columns }) => {
    const { rows } = await readConnection(database, definitions.item, {
      name: 'featured',
      where: { status: 'ACTIVE' },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns.item,
      page: toPage({ first }),
    });
    return rows;
  },
};
