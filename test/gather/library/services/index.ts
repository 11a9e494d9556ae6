import { defineService } from 'gather';
import { contracts } from '../generated/services.ts';

const ratings = defineService(contracts.ratings, {
  connections: 512,
  bulk: { getRatings: { in: 'query.isbns', out: 'ratings.*' } },
});

const shelves = defineService(contracts.shelves, {
  bulk: { getShelves: { in: 'query.isbns', out: 'shelves.*' } },
});

export const services = { ratings, shelves };
