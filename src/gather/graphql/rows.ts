import { GatherError } from '../errors.ts';

/** Loads the row with this key; null if there is none. */
export async function findRow<Row>(loader: { load(key: string): Promise<Row> }, key: string): Promise<Row | null> {
  try {
    return await loader.load(key);
  } catch (error) {
    if (error instanceof GatherError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
