import { startTestPostgres } from 'gather/testing';

/** One PostgreSQL for all test files. */
export default async function setup(): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres();
  return async () => postgres[Symbol.asyncDispose]();
}
