import { assertRange, GatherError } from 'gather';
import type { QueryResolvers } from '../generated/schema.ts';

const MAX_OPINIONS = 100;

/** One that a critic does not give is an opinion with its error; the others stand. */
export const opinions: NonNullable<QueryResolvers['opinions']> = async (_, { count, mode }, { services }) => {
  assertRange('`count`', count, 1, MAX_OPINIONS);
  const start = performance.now();
  const ask = async (number: number) => {
    try {
      return { ...(await services.ratings.getOpinion({ path: { number } })), error: null };
    } catch (error) {
      if (!(error instanceof GatherError)) throw error;
      return { critic: `Critic ${number}`, rating: null, error: error.message };
    }
  };
  const numbers = [...Array(count).keys()];
  const given =
    mode === 'CONCURRENT' ? await Promise.all(numbers.map(ask)) : await Array.fromAsync(inTurn(numbers, ask));
  const elapsed = (performance.now() - start) / 1000;
  const heard = given.filter(({ error }) => error === null).length;
  return { opinions: given, elapsed, message: `heard ${heard} of ${count} opinions` };
};

async function* inTurn<T>(numbers: readonly number[], ask: (number: number) => Promise<T>): AsyncGenerator<T> {
  for (const number of numbers) yield await ask(number);
}
