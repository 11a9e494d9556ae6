import pg from 'pg';
import type { Db } from 'pg-boss';
import { call } from '../calls.ts';
import { Listener } from './listener.ts';
import { openingSessions } from './session.ts';

interface QueueConnectionsOptions {
  databaseUrl: string;
  /** Called when a queue has a new job; without a name when any queue may, because notifications were missed. */
  onJob(queue?: string): void;
  /** Called when an idle connection is lost. */
  onError(error: Error): void;
}

type Query = pg.QueryConfig & { query_timeout?: number };

const CONNECTIONS = 5;
/** How long PostgreSQL may take to answer; the connection is closed then. */
const ANSWER_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** The connections of a worker's job queue, of which jobs take none. Close them. */
export class QueueConnections implements Db {
  readonly #options: QueueConnectionsOptions;
  readonly #pool: pg.Pool;
  readonly #signal = new AbortController().signal;

  constructor(options: QueueConnectionsOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      ...openingSessions(CONNECT_TIMEOUT_MS),
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'gather worker',
      max: CONNECTIONS,
      keepAlive: true,
    });
    this.#pool.on('error', options.onError);
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** Without a timeout: maintenance may take long. */
  executeSql(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.#run('job.queue', { text, values });
  }

  /** The same connections, for statements with a name of their own in the timing, and a timeout. */
  named(name: string): Db {
    return { executeSql: (text, values = []) => this.#run(name, { text, values, query_timeout: ANSWER_TIMEOUT_MS }) };
  }

  /** Called by pg-boss, whose workers are woken too. */
  async listen(channel: string, onNotification: (queue: string) => void, onReconnect: () => void): Promise<Listener> {
    const { databaseUrl, onJob } = this.#options;
    return new Listener(databaseUrl, channel, {
      onNotification: (queue) => {
        onJob(queue);
        onNotification(queue);
      },
      onConnect: () => {
        onJob();
        onReconnect();
      },
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #run(name: string, query: Query): Promise<pg.QueryResult> {
    return call({ kind: 'postgres', name, keys: 1, signal: this.#signal }, () => this.#pool.query(query));
  }
}
