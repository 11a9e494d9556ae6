import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import { findRow } from './rows.ts';
import type { StoredFileResolvers } from './types.generated.ts';

export const StoredFile: StoredFileResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('StoredFile', id)),
  size: reads(['size'], ({ size }) => Number(size)),
  url: reads(['key'], ({ key }, _, { publicUrl }) => new URL(`/files/${key}`, publicUrl).href),
  thumbnail: reads(['thumbnailId'], ({ thumbnailId }, _, { loaders }) =>
    thumbnailId === null ? null : findRow(loaders.fileById, thumbnailId),
  ),
};
