const ROWS_PER_STATEMENT = 1000;

/** Removes rows in batches, so that no statement is long, until none are left. @returns how many in all */
export async function untilFewer(remove: (limit: number) => Promise<number>): Promise<number> {
  let sum = 0;
  let count: number;
  do {
    count = await remove(ROWS_PER_STATEMENT);
    sum += count;
  } while (count === ROWS_PER_STATEMENT);
  return sum;
}
