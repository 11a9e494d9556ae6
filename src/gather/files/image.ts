import { createWriteStream } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileRow } from '../database/engine-tables.generated.ts';
import { GatherError } from '../errors.ts';
import { withPackage } from '../packages.ts';
import { MAX_MEGAPIXELS } from './image-types.ts';
import type { Store } from './store.ts';

/** The dimensions of an image as displayed, in pixels, and its thumbnail. */
interface Image {
  width: number;
  height: number;
  thumbnail: Thumbnail;
}

/** A WebP image without the metadata of the original. */
export interface Thumbnail {
  bytes: Uint8Array;
  width: number;
  height: number;
}

const MEGA = 1_000_000;
/** Limit for progressive and interlaced images, which must be decoded in memory as a whole. */
const MAX_PROGRESSIVE = 25;
/** More than 100 megapixels take uncompressed. */
const MAX_BYTES = 500 * MEGA;
const MAX_SECONDS = 30;
const THUMBNAIL_PIXELS = 320;

/**
 * Reads an image from the store, or its first frame if there are several, without blocking the event loop. It reads from
 * a temporary copy on disk: in memory, the file would have to be there as a whole.
 * @throws INVALID_INPUT if the file is no image, incomplete or too large, MissingPackageError, and what the store throws
 */
export async function readImage(
  store: Store,
  { key, type, size }: Pick<FileRow, 'key' | 'type' | 'size'>,
  signal: AbortSignal,
): Promise<Image> {
  const maxMegapixels = MAX_MEGAPIXELS.get(type);
  if (!maxMegapixels) throw refused(`Expected an image, as JPEG, PNG, WebP, GIF, TIFF or AVIF, got ${type}.`);
  if (Number(size) > MAX_BYTES) throw refused(`Expected an image of at most ${MAX_BYTES} bytes, got ${size}.`);
  await using directory = await mkdtempDisposable(join(tmpdir(), 'gather-image-'));
  const copy = join(directory.path, 'image');
  await pipeline(await store.read(key, signal), createWriteStream(copy), { signal });
  return await readCopy(copy, maxMegapixels);
}

async function readCopy(path: string, maxMegapixels: number): Promise<Image> {
  const sharp = await loadSharp();
  const { autoOrient: displayed, isProgressive } = await whole(sharp(path, { limitInputPixels: false }).metadata());
  const max = isProgressive ? Math.min(maxMegapixels, MAX_PROGRESSIVE) : maxMegapixels;
  assertMegapixels((displayed.width * displayed.height) / MEGA, max);
  const small = sharp(path, { failOn: 'error', sequentialRead: true, limitInputPixels: maxMegapixels * MEGA })
    .autoOrient()
    .resize({ width: THUMBNAIL_PIXELS, height: THUMBNAIL_PIXELS, fit: 'inside', withoutEnlargement: true })
    .webp()
    .timeout({ seconds: MAX_SECONDS });
  const { data: bytes, info } = await whole(small.toBuffer({ resolveWithObject: true }));
  return { ...displayed, thumbnail: { bytes, width: info.width, height: info.height } };
}

/** Loads sharp, without its cache and its threads per image. */
async function loadSharp() {
  const { default: sharp } = await withPackage(import('sharp'));
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}

async function whole<T>(reading: Promise<T>): Promise<T> {
  return reading.catch((cause) => {
    throw refused(
      `Expected a complete image that can be read within ${MAX_SECONDS} seconds, got one that cannot.`,
      cause,
    );
  });
}

function assertMegapixels(megapixels: number, max: number): void {
  if (megapixels <= max) return;
  throw refused(`Expected an image of at most ${max} megapixels in this format, got ${Math.ceil(megapixels)}.`);
}

function refused(message: string, cause?: unknown): GatherError {
  return new GatherError('INVALID_INPUT', message, { cause });
}
