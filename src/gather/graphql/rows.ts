import { GatherError } from '../errors.ts';

/** The row that a loader has for this key; null where there is none. */
export async function findRow<Row>(loader: { load(key: string): Promise<Row> }, key: string): Promise<Row | null> {
  try {
    return await loader.load(key);
  } catch (error) {
    if (error instanceof GatherError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
