import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';
import { askByIsbn, type ByIsbn } from './by-isbn.ts';

/** The book of the day. */
export type PickOfDay = Responses['getPick'];
/** What has come in lately. */
export type ArrivalOfDay = Responses['getArrivals']['arrivals'][number];

interface Ratings {
  /** The mean rating of each book. */
  byIsbn(isbns: readonly string[], signal: AbortSignal): Promise<ByIsbn<number>>;
  /** The book of the day, where there is one. */
  pick(signal: AbortSignal): Promise<PickOfDay | undefined>;
  /** What a critic thinks of books today. */
  opinion(number: number, signal: AbortSignal): Promise<Responses['getOpinion']>;
}

interface Shelves {
  /** The shelf of each book. */
  byIsbn(isbns: readonly string[], signal: AbortSignal): Promise<ByIsbn<string>>;
  /** What has come in lately. */
  arrivals(signal: AbortSignal): Promise<ArrivalOfDay[]>;
}

const ratings = defineService<Ratings>({
  connections: 512,
  create: (client) => {
    const question = {
      path: '/ratings',
      call: 'ratings',
      check: createCheck<Responses['getRatings']>(schemas.getRatings),
      valuesOf: ({ ratings }: Responses['getRatings']) => ratings,
    };
    const checkPick = createCheck<PickOfDay>(schemas.getPick);
    const checkOpinion = createCheck<Responses['getOpinion']>(schemas.getOpinion);
    const statuses = { 204: () => undefined };
    return {
      byIsbn: (isbns, signal) => askByIsbn(client, question, isbns, signal),
      pick: (signal) =>
        client.get<PickOfDay | undefined>('/pick', { call: 'pick', signal, check: checkPick, statuses }),
      opinion: (number, signal) =>
        client.get(`/critics/${number}/opinion`, { call: 'opinion', signal, check: checkOpinion }),
    };
  },
});

const shelves = defineService<Shelves>({
  create: (client) => {
    const question = {
      path: '/shelves',
      call: 'shelves',
      check: createCheck<Responses['getShelves']>(schemas.getShelves),
      valuesOf: ({ shelves }: Responses['getShelves']) => shelves,
    };
    const checkArrivals = createCheck<Responses['getArrivals']>(schemas.getArrivals);
    return {
      byIsbn: (isbns, signal) => askByIsbn(client, question, isbns, signal),
      arrivals: async (signal) =>
        (await client.get('/arrivals', { call: 'arrivals', signal, check: checkArrivals })).arrivals,
    };
  },
});

/** The services of services.openapi.yaml. */
export const services = { ratings, shelves };
