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

/** The cover of a book. */
export const cover: Attachment = {
  accepts: isImage,
  expected: 'an image for a cover, as JPEG, PNG, WebP, GIF, TIFF or AVIF',
  async attach(transaction, bookId, file) {
    const count = await createTables(transaction).book.update({ id: bookId }, { coverId: file.id });
    if (count === 0) throw new GatherError('NOT_FOUND', 'There is no book with this id.', { field: 'bookId' });
  },
};

const Purpose = z.object({ bookId: idOf('Book').nullish() });

/** A file is the viewer's; the cover of a book is everybody's, and only STAFF sets it. */
const place: PlaceFile = async (input, context) => {
  const { bookId } = Purpose.parse(input);
  if (bookId == null) return { owner: ownerOf(context.viewer) };
  await assertMaySet(bookId, context);
  return { owner: PUBLIC, purpose: { attachment: 'cover', target: bookId } };
};

export const uploadFile = createUploadFile(place);
export const createUpload = createCreateUpload(place);

async function assertMaySet(bookId: string, { viewer, roles, tables }: Context): Promise<void> {
  if (!roles.has(viewer, 'STAFF')) {
    const message = `Expected a viewer who is STAFF, for the cover of a book, got one who is ${viewer.role}.`;
    throw new GatherError('FORBIDDEN', message, { field: 'bookId' });
  }
  if (await tables.book.exists({ id: bookId })) return;
  throw new GatherError('NOT_FOUND', 'There is no book with this ID.', { field: 'bookId' });
}
