import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';
import { askByBook } from './by-book.ts';

interface Ratings {
  /** The mean rating of each book, by its ID. */
  ratings(bookIds: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, number>>>;
}

interface Shelves {
  /** The shelf of each book, by its ID. */
  shelves(bookIds: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

const ratings = defineService<Ratings>({
  timeoutMs: 500,
  create: (client) => {
    const check = createCheck<Responses['getRatings']>(schemas.getRatings);
    return {
      ratings: async (bookIds, signal) =>
        (await askByBook(client, { path: '/ratings', call: 'ratings', check }, bookIds, signal)).ratings,
    };
  },
});

const shelves = defineService<Shelves>({
  timeoutMs: 500,
  create: (client) => {
    const check = createCheck<Responses['getShelves']>(schemas.getShelves);
    return {
      shelves: async (bookIds, signal) =>
        (await askByBook(client, { path: '/shelves', call: 'shelves', check }, bookIds, signal)).shelves,
    };
  },
});

/** The services of services.openapi.yaml. */
export const services = { ratings, shelves };
