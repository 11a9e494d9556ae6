import { readRowsByKey } from '../database/rows-by-key.ts';
import { GatherError } from '../errors.ts';
import { createLoader, inKeyOrder, type LoaderSource } from './batch.ts';

/** Loads the key of a file, which is part of its URL. @throws NOT_FOUND */
export const keyByFileId = (source: LoaderSource) =>
  createLoader('keyByFileId', source, async (ids: readonly string[]) => {
    const read = { definition: source.database.definitions['gather.file'], column: 'id' } as const;
    const rows = await readRowsByKey(source.database.asServer, 'keyByFileId', read, ['key'], ids);
    const found = inKeyOrder(ids, rows, ({ id }) => id);
    return found.map((row) => row?.key ?? new GatherError('NOT_FOUND', 'There is no file with this id.'));
  });
