import burn from '../../threads/burn.ts';
import { assertRange } from '../range.ts';
import type { MutationResolvers } from '../types.generated.ts';

const MAX_SECONDS = 10;

export const burnSomeMeats: MutationResolvers['burnSomeMeats'] = async (_, { seconds }, { threads, signal }) => {
  assertRange('`seconds`', seconds, 1, MAX_SECONDS);
  const elapsed = await threads.run(burn, { seconds }, signal);
  return { message: `Burned some meats for ${elapsed.toFixed(2)} seconds`, elapsed };
};
