import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Database } from '../../src/gather/database/database.ts';
import { createTables } from '../../src/gather/database/tables.ts';
import { createLocalStore } from '../../src/gather/files/local-store.ts';
import type { Store } from '../../src/gather/files/store.ts';
import type { TaskContext } from '../../src/gather/jobs/task.ts';
import { createLog } from '../../src/gather/monitoring/log.ts';
import { createServices } from '../../src/gather/services/create-services.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { fixture } from './fixture.ts';
import { toWorkerConfig } from './worker.ts';

/** Runs tasks without a worker, on a database and a store of a test file's own. */
export interface TaskBench {
  database: TestDatabase;
  store: Store;
  /** Where the store keeps its bytes. */
  directory: string;
  toContext(given?: Partial<Pick<TaskContext, 'signal' | 'progress'>>): TaskContext;
  /** Puts a whole object into the store. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The keys of all objects, complete or not. */
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

/** Call it in `beforeAll`, and `close` in `afterAll`. */
export async function createTaskBench(): Promise<TaskBench> {
  const database = await createTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'gather-store-'));
  const store = createLocalStore(directory);
  const config = toWorkerConfig(database.databaseUrl);
  const clients = createServices(fixture.app.services, config.services);
  const { signal: never } = new AbortController();
  return {
    database,
    store,
    directory,
    toContext: ({ signal = never, progress = () => {} } = {}) => {
      const ofJob = new Database(database.pools, signal);
      return {
        signal,
        progress,
        log: createLog({ logFormat: 'none' }),
        database: ofJob,
        tables: createTables(ofJob),
        store,
        services: clients.bind(signal),
        settings: config.settings,
        fetchPublic: () => Promise.reject(new Error('Nothing is to be fetched.')),
        timeZone: 'UTC',
        attempt: 1,
      };
    },
    put: async (key, bytes) => {
      await store.append(key, 0, Readable.from([bytes]), never);
      await store.complete(key);
    },
    keys: async () => (await Array.fromAsync(store.list(never))).map(({ key }) => key),
    close: async () => {
      await Promise.all([store.close(), clients.close()]);
      await rm(directory, { recursive: true });
      await database.drop();
    },
  };
}
