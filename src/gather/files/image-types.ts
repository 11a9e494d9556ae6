/** The image types that can be read, with their size limits. AVIF takes four times the memory per pixel of the others. */
export const MAX_MEGAPIXELS: ReadonlyMap<string, number> = new Map([
  ['image/jpeg', 100],
  ['image/png', 100],
  ['image/apng', 100],
  ['image/webp', 100],
  ['image/gif', 100],
  ['image/tiff', 100],
  ['image/avif', 25],
]);

/** Whether images of this media type can be read. */
export function isImage(type: string): boolean {
  return MAX_MEGAPIXELS.has(type);
}
