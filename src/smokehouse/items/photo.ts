import {
  type Attachment,
  type Context,
  createCreateUpload,
  createTables,
  createUploadFile,
  GatherError,
  idOf,
  isImage,
  ownerOf,
  type PlaceFile,
  PUBLIC,
} from 'gather';
import * as z from 'zod';

/** The photo of an item. */
export const photo: Attachment = {
  accepts: isImage,
  expected: 'an image for a photo, as JPEG, PNG, WebP, GIF, TIFF or AVIF',
  async attach(transaction, itemId, file) {
    const count = await createTables(transaction).item.update({ id: itemId }, { photoId: file.id });
    if (count === 0) throw new GatherError('NOT_FOUND', 'There is no item with this id.', { field: 'itemId' });
  },
};

const Purpose = z.object({ itemId: idOf('Item').nullish() });

/** A file belongs to the viewer. The photo of an item is public, and only STAFF may set it. */
const place: PlaceFile = async (input, context) => {
  const { itemId } = Purpose.parse(input);
  if (itemId == null) return { owner: ownerOf(context.viewer) };
  await assertMaySet(itemId, context);
  return { owner: PUBLIC, purpose: { attachment: 'photo', target: itemId } };
};

export const uploadFile = createUploadFile(place);
export const createUpload = createCreateUpload(place);

async function assertMaySet(itemId: string, { viewer, roles, tables }: Context): Promise<void> {
  if (!roles.has(viewer, 'STAFF')) {
    const message = `Expected a viewer who is STAFF, for the photo of an item, got one who is ${viewer.role}.`;
    throw new GatherError('FORBIDDEN', message, { field: 'itemId' });
  }
  if (await tables.item.exists({ id: itemId })) return;
  throw new GatherError('NOT_FOUND', 'There is no item with this ID.', { field: 'itemId' });
}
