import { Socket } from 'node:net';
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * Runs `work` with a connection of its own.
 * @param signal closes the connection; what is not committed is rolled back
 * @param config settings that differ from the usual ones
 */
export async function withClient<T>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<T>,
  signal?: AbortSignal,
  config: pg.ClientConfig = {},
): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'gather',
    stream: () => new Socket({ signal }),
    ...config,
  });
  // A lost connection fails the statement that runs on it. Without this listener it would end the process too.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
