import { hash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import * as z from 'zod';
import type { FileRow } from '../database/engine-tables.generated.ts';
import { isId } from '../database/id.ts';
import { engineTables } from '../database/tables.ts';
import { defineTask, type TaskContext } from '../jobs/task.ts';
import { readImage, type Thumbnail } from './image.ts';
import type { Store } from './store.ts';

/**
 * Stores the dimensions of an image, and creates its thumbnail as a file of its own. Does nothing if the image has its
 * dimensions already or was deleted. If two attempts run at once, the first to write wins.
 */
export const describeImage = defineTask({
  name: 'describeImage',
  input: z.strictObject({ fileId: z.string().refine(isId) }),
  attempts: 5,
  backoffSeconds: 10,
  timeoutMs: 180_000,
  // Reading an image may take hundreds of megabytes.
  concurrency: 1,
  // Not limited by the user's pending jobs: the file has already been accepted.
  isEssential: true,
  uniqueKey: ({ fileId }) => fileId,
  run: async ({ fileId: id }, context) => {
    const file = await context.tables['gather.file'].find({ id });
    if (!file) return null;
    if (file.width !== null) return { width: file.width, height: file.height };
    const { width, height, thumbnail } = await readImage(context.store, file, context.signal);
    await write(context, { ...file, width, height }, thumbnail);
    return { width, height };
  },
});

/** If the process dies before the row is written, the bytes are swept later. */
async function write({ database, store, signal }: TaskContext, image: FileRow, thumbnail: Thumbnail): Promise<void> {
  const key = await keep(store, thumbnail.bytes, signal);
  const { id, width, height } = image;
  const isWritten = await database.transaction(async (transaction) => {
    const { file: files } = engineTables(transaction);
    // Waits for a concurrent attempt to commit, and then sees the width it wrote.
    if ((await files.update({ id, width: null }, { width, height })) === 0) return false;
    const { id: thumbnailId } = await files.create(toRow(image, key, thumbnail), { columns: ['id'] });
    await files.update({ id }, { thumbnailId });
    return true;
  });
  if (!isWritten) await store.remove(key);
}

/** Stores the bytes. @returns their key */
async function keep(store: Store, bytes: Uint8Array, signal: AbortSignal): Promise<string> {
  const key = randomUUID();
  try {
    await store.append(key, 0, Readable.from([bytes]), signal);
    await store.complete(key);
  } catch (error) {
    await store.remove(key).catch(() => {});
    throw error;
  }
  return key;
}

function toRow({ name, owner }: FileRow, key: string, { bytes, width, height }: Thumbnail) {
  return {
    key,
    name: `${name.replace(/\.[^.]*$/, '')}-thumbnail.webp`,
    type: 'image/webp',
    size: bytes.length,
    sha256: hash('sha256', bytes),
    owner,
    width,
    height,
  };
}
