import { toGlobalId } from '../global-id.ts';
import { reads } from '../graphql/reads.ts';
import { findRow } from '../graphql/rows.ts';
import type { StoredFileResolvers } from '../graphql/schema.generated.ts';

export const StoredFile: StoredFileResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('StoredFile', id)),
  size: reads(['size'], ({ size }) => Number(size)),
  url: reads(['key'], ({ key }, _, { publicUrl }) => new URL(`/files/${key}`, publicUrl).href),
  thumbnail: reads(['thumbnailId'], ({ thumbnailId }, _, { loaders }) =>
    thumbnailId === null ? null : findRow(loaders.fileById, thumbnailId),
  ),
};
