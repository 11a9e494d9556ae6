import { assertRange } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import burn from './burn.ts';

const MAX_SECONDS = 10;

export const burnSomeMeats: MutationResolvers['burnSomeMeats'] = async (_, { seconds }, { threads, signal }) => {
  assertRange('`seconds`', seconds, 1, MAX_SECONDS);
  const elapsed = await threads.run(burn, { seconds }, signal);
  return { message: `Burned some meats for ${elapsed.toFixed(2)} seconds`, elapsed };
};
