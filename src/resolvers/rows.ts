import { GatherError } from '../errors.ts';

/**
 * The row that another row refers to.
 * @throws NOT_FOUND where it was deleted in between
 */
export async function getRow<Row>(loader: { load(id: string): Promise<Row | null> }, id: string): Promise<Row> {
  const row = await loader.load(id);
  if (row === null) throw new GatherError('NOT_FOUND', 'What this refers to is no longer there.');
  return row;
}
