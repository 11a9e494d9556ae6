import { runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';

export const renameGenres: MutationResolvers['renameGenres'] = (_, { where, name }, context) =>
  runMutation(context, { count: 0 }, async () => ({
    count: await context.tables.genre.update(context.toWhere('Genre', where), { name }),
  }));
