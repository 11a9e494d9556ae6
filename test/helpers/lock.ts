import pg from 'pg';

/**
 * Holds a lock on a table, so that whatever reads it waits, until it is disposed of, once or twice.
 * @param table with its schema, where that is not `public`: `lending.loan`
 */
export async function lockTable(databaseUrl: string, table: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'test' });
  await client.connect();
  await client.query(`begin; lock table "${table.replace('.', '"."')}" in access exclusive mode`);
  return { [Symbol.asyncDispose]: () => client.end() };
}
