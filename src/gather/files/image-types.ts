/** What can be read, and how large it may be. AVIF takes four times as much memory for a pixel as the worst of the others. */
export const MAX_MEGAPIXELS: ReadonlyMap<string, number> = new Map([
  ['image/jpeg', 100],
  ['image/png', 100],
  ['image/apng', 100],
  ['image/webp', 100],
  ['image/gif', 100],
  ['image/tiff', 100],
  ['image/avif', 25],
]);

/** Whether a file of this media type is an image that can be read. */
export function isImage(type: string): boolean {
  return MAX_MEGAPIXELS.has(type);
}
