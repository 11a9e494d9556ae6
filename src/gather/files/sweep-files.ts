import * as z from 'zod';
import { defineTask, type TaskContext } from '../jobs/task.ts';
import type { Store } from './store.ts';
import { deleteExpiredUploads, findOrphans } from './sweep-file-rows.ts';

const BATCH_SIZE = 1000;
/** Younger objects may belong to a file whose row is about to be written. */
const ORPHAN_AFTER_MS = 24 * 3_600_000;

/** Deletes expired uploads, and orphans: bytes without a row, left by a crash. */
export const sweepFiles = defineTask({
  name: 'sweepFiles',
  input: z.strictObject({}),
  attempts: 3,
  backoffSeconds: 60,
  timeoutMs: 1_800_000,
  concurrency: 1,
  run: async (_input, context) => ({ uploads: await sweepUploads(context), orphans: await sweepOrphans(context) }),
});

/** Deletes the row first: if the process dies in between, the bytes become orphans. */
async function sweepUploads({ database, store, signal, progress }: TaskContext): Promise<number> {
  let uploads = 0;
  let keys: string[];
  do {
    keys = await deleteExpiredUploads(database, BATCH_SIZE);
    await removeAll(store, keys, signal);
    uploads += keys.length;
    progress(0, `Uploads removed: ${uploads}`);
  } while (keys.length === BATCH_SIZE);
  return uploads;
}

async function sweepOrphans({ database, store, signal, progress }: TaskContext): Promise<number> {
  let orphans = 0;
  for await (const keys of inBatches(oldKeys(store, signal))) {
    const found = await findOrphans(database, keys);
    await removeAll(store, found, signal);
    orphans += found.length;
    progress(0.5, `Orphans removed: ${orphans}`);
  }
  return orphans;
}

async function* oldKeys(store: Store, signal: AbortSignal): AsyncGenerator<string, void, void> {
  const before = Date.now() - ORPHAN_AFTER_MS;
  for await (const { key, changedAt } of store.list(signal)) if (changedAt.getTime() < before) yield key;
}

async function* inBatches(keys: AsyncIterable<string>): AsyncGenerator<string[], void, void> {
  let batch: string[] = [];
  for await (const key of keys) {
    batch.push(key);
    if (batch.length < BATCH_SIZE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function removeAll(store: Store, keys: readonly string[], signal: AbortSignal): Promise<void> {
  for (const key of keys) {
    signal.throwIfAborted();
    await store.remove(key);
  }
}
